namespace Crm.Bench;

/// <summary>What others notice of customers that a bot floods.</summary>
internal sealed class FloodQuestion : IQuestion
{
    private const double MostMoved = 0.20;

    public string Name => "flood";

    public string Asks => "Two customers are flooded at 5,000 events/s each beside an ordinary load of 5,000 events/s: by how much do ack p99 and click to profile p99 of the others move? Target: less than 20 %.";

    public string Estimate =>
        "A refused event is read and judged, 2-3 us, and goes no further: 10,000/s are 3 % of a core. 40 events/s of the two are logged. So a few per cent.";

    public async Task Run(BenchOptions options, Report report)
    {
        // The limit as it is by default: this is what is asked about.
        await using var product = await RunningProduct.Start(options, environment: new Dictionary<string, string> { [RunningProduct.CustomerRate] = "1200" });
        var events = new ShopEvents(Runs.NewId());
        var load = Runs.Load(product, options, events, new ZipfChoice(options.Customers, s: 0.1)) with
        {
            EventsPerSecond = options.Number("rate", 5_000),
            BatchEvents = options.Whole("batch", 20),
            Connections = 32,
        };

        // Each clicked customer has had one event, as the clickers count on; each of the three runs has its own.
        var clicked = new InARowChoice(options.Customers, 3 * Clicker.Customers, 1);
        await new LoadGenerator(load with { Customers = clicked, Duration = TimeSpan.FromMinutes(5), EventsPerSecond = 20_000, Seed = 3 }).Run();
        await new LoadGenerator(load with { Duration = TimeSpan.FromSeconds(20), EventsPerSecond = 20_000, Seed = 5 }).Run();
        await product.Drained(TimeSpan.FromMinutes(2));
        await Others(load with { Seed = 7 }, 0);

        var duration = options.Seconds("seconds", 30);
        var quiet = await Others(load with { Duration = duration, Seed = 11 }, 1);
        using var over = new CancellationTokenSource();
        var flood = new LoadGenerator(load with
        {
            Customers = new RoundChoice(9_000_000, 2),
            EventsPerSecond = options.Number("flood", 10_000),
            BatchEvents = 100,
            Connections = 8,
            Duration = duration + TimeSpan.FromSeconds(10),
            Seed = 13,
        });
        var flooding = flood.Run(over.Token);
        var flooded = await Others(load with { Duration = duration, Seed = 17 }, 2);
        await over.CancelAsync();
        await Task.WhenAny(flooding);
        report.Block([
            "| ms | p50 | p95 | p99 | p99.9 | longest | count |", "|---|---|---|---|---|---|---|",
            Row("ack of a batch, quiet", quiet.Batches), Row("ack of a batch, flooded", flooded.Batches),
            Row("ack of a click, quiet", quiet.Clicks.Ack), Row("ack of a click, flooded", flooded.Clicks.Ack),
            Row("click to profile, quiet", quiet.Clicks.Shown), Row("click to profile, flooded", flooded.Clicks.Shown)]);
        report.Line($"Sent by the bot: {flood.Acked:N0} events, answered 200 with \"refused\". p99 moved: ack of a batch {Moved(quiet.Batches, flooded.Batches)}, "
            + $"ack of a click {Moved(quiet.Clicks.Ack, flooded.Clicks.Ack)}, click to profile {Moved(quiet.Clicks.Shown, flooded.Clicks.Shown)}. "
            + $"Clicks failed: {quiet.Clicks.Failed} quiet, {flooded.Clicks.Failed} flooded.");

        async Task<(Latencies Batches, Clicker Clicks)> Others(LoadOptions with, int run)
        {
            var generator = new LoadGenerator(with);
            var clicker = new Clicker(product, with, options.Customers + (run * Clicker.Customers), options.Number("clicks", 100));
            await Task.WhenAll(generator.Run(), clicker.Run());
            return (generator.Ack, clicker);
        }
    }

    private static string Row(string what, Latencies latencies) => $"| {what} | {latencies.Cells()} | {latencies.Count:N0} |";

    private static string Moved(Latencies quiet, Latencies flooded)
    {
        var moved = (flooded.Ms(99) / quiet.Ms(99)) - 1;
        return $"**{moved:P0}** ({(moved < MostMoved ? "holds" : "does not hold")})";
    }
}
