namespace Crm.Bench;

/// <summary>What telling copies apart costs.</summary>
internal sealed class DedupeQuestion : IQuestion
{
    private const double MostLost = 0.10;

    public string Name => "dedupe";

    public string Asks => "The same load without and with 20 % of copies, half of them of the last thousand events, half of up to 65,000 of the same connection: "
        + "how many events a second go the whole way? Target: at most 10 % fewer with copies; each copy counts once.";

    public string Estimate =>
        "A look costs up to 0.1 us: a scan of at most 192 hashes, and for the busiest customers some binary searches. A copy saves its fold and its row of the history (10 us) "
        + "and costs a row of rejects (6-8 us). So with copies about as much as without, perhaps a little more.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await RunningProduct.Start(options);
        var events = new ShopEvents(Runs.NewId());
        var load = Runs.Load(product, options, events, new ZipfChoice(options.Customers)) with { Connections = options.Whole("connections", 16) };
        await new LoadGenerator(load with { EventsPerSecond = 20_000, Seed = 7 }).Run();
        await product.Drained(TimeSpan.FromMinutes(3));

        var copies = options.Number("copies", 0.2);
        var without = await Measure(load with { Seed = 11 });
        var with = await Measure(load with { Seed = 13, Copies = copies });
        var again = await Measure(load with { Seed = 17 });
        var lost = 1 - (with.Rate / ((without.Rate + again.Rate) / 2));
        report.Block([
            "| load | events/s to the end of the history | copies sent | copies rejected |", "|---|---|---|---|",
            Row("without copies", without), Row($"with {copies:P0}", with), Row("without, again", again)]);
        var sizes = await product.Log.StateSizes();
        var pages = await Number(product, "SELECT count(*) FROM message_page");
        report.Line($"Lost with copies: **{lost:P1}** ({(lost <= MostLost ? "holds" : "does not hold")}); copies counted wrongly: {with.Copies - with.Rejected:N0}. "
            + $"Stored states: p50 {sizes.P50:N0} B, p95 {sizes.P95:N0} B, largest {sizes.Max:N0} B; {pages:N0} pages of messages.");

        async Task<Measured> Measure(LoadOptions now)
        {
            var rejected = await Number(product, "SELECT count(*) FROM rejected");
            var generator = new LoadGenerator(now with { Duration = options.Seconds("seconds", 30) });
            var began = Clock.Now;
            var watch = new LoadWatch(product, generator);
            await watch.Run();
            await product.Drained(TimeSpan.FromMinutes(5));
            var rate = generator.Acked / Clock.SecondsSince(began);
            report.Block(watch.Cpu.Table(watch.Acked));
            return new Measured(rate, generator.Copied, await Number(product, "SELECT count(*) FROM rejected") - rejected);
        }
    }

    private static string Row(string what, Measured measured) =>
        $"| {what} | {measured.Rate:N0} | {measured.Copies:N0} | {measured.Rejected:N0} |";

    private static async Task<long> Number(RunningProduct product, string sql)
    {
        await using var command = product.Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private sealed record Measured(double Rate, long Copies, long Rejected);
}
