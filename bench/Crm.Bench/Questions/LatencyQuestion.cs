namespace Crm.Bench;

/// <summary>How long callers wait under an ordinary load.</summary>
internal sealed class LatencyQuestion : IQuestion
{
    public string Name => "latency";

    public string Asks => "At 10,000 events/s: how long do an ack, click to profile, and a profile read take? Targets: ack p99 under 10 ms; click to profile p95 under 12 ms, p99 under 25 ms; "
        + "read over HTTP at 1,000/s beside it p95 under 3 ms, p99 under 8 ms.";

    public string Estimate =>
        "Group commit: linger 1-2 ms and one fsync of 1-2 ms, so ack p50 3-4 ms, p99 8 ms. Delivery adds a signal, a read of the block and a grain call, 2-3 ms: click to profile p50 6-8 ms. "
        + "A read is two HTTP hops and a grain call: p50 0.5 ms, p99 3-5 ms, when the persist pass holds the cores.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await RunningProduct.Start(options);
        var events = new ShopEvents(Runs.NewId());
        var rate = options.Number("rate", 10_000);
        var reads = options.Number("reads", 1_000);
        var clicks = options.Number("clicks", 100);
        ICustomerChoice readers = options.Text("readers", "even") == "zipf" ? new ZipfChoice(options.Customers) : new EvenChoice(options.Customers);
        var load = Runs.Load(product, options, events, new ZipfChoice(options.Customers)) with { EventsPerSecond = rate, BatchEvents = options.Whole("batch", 20), Connections = 32 };

        // First each customer is met, as a shop's are that has been running for a while; then the code that is measured gets warm.
        var everyone = new InARowChoice(0, options.Customers + 2 * Clicker.Customers, 1);
        await new LoadGenerator(load with { Customers = everyone, Duration = TimeSpan.FromMinutes(5), EventsPerSecond = 20_000, BatchEvents = 100, Seed = 3 }).Run();
        await new LoadGenerator(load with { Duration = TimeSpan.FromSeconds(20), EventsPerSecond = 30_000, BatchEvents = 100, Seed = 5 }).Run();
        await product.Drained(TimeSpan.FromMinutes(2));
        await product.Log.Settle();
        await Everything(load with { Seed = 7 });
        var (generator, reader, clicker, disk) = await Everything(load with { Duration = options.Seconds("seconds", 30) });
        report.Line($"Open loop: each time counts from the moment at which the request was due. Background load in batches of {load.BatchEvents}; {clicks:0} clicks/s "
            + $"(one event a POST, then a GET with its position; it counts when the profile shows the event) on customers of their own; {reads:N0} reads/s of customers drawn {(readers is ZipfChoice ? "by Zipf" : "evenly")}.");
        report.Block([
            "| ms | p50 | p95 | p99 | p99.9 | longest | count |", "|---|---|---|---|---|---|---|",
            $"| ack of a batch | {generator.Ack.Cells()} | {generator.Ack.Count:N0} |",
            $"| ack of a click | {clicker.Ack.Cells()} | {clicker.Ack.Count:N0} |",
            $"| click to profile | {clicker.Shown.Cells()} | {clicker.Shown.Count:N0} |",
            $"| first click of a new visitor to profile | {clicker.ShownFirst.Cells()} | {clicker.ShownFirst.Count:N0} |",
            $"| profile read | {reader.Took.Cells()} | {reader.Took.Count:N0} |",
            $"| the disk alone, 24 KB and a flush | {disk.Took.Cells()} | {disk.Took.Count:N0} |"]);
        report.Line($"Failures: batches {generator.Refused + generator.Broken}, clicks {clicker.Failed}, reads {reader.Failed}. Reads of customers not seen yet: {reader.Unknown}.");

        async Task<(LoadGenerator, ProfileReader, Clicker, DiskProbe)> Everything(LoadOptions with)
        {
            var generator = new LoadGenerator(with);
            var reader = new ProfileReader(product, with, readers, reads);
            var clicker = new Clicker(product, with, options.Customers + (with.Seed == 7 ? 0 : Clicker.Customers), clicks);
            var watch = new LoadWatch(product, generator);
            var disk = new DiskProbe(product.DataFolder);
            await Task.WhenAll(watch.Run(), reader.Run(), clicker.Run(), disk.Run(with.Duration));
            if (with.Seed == 7) return (generator, reader, clicker, disk);
            report.Block(watch.Cpu.Table(watch.Acked));
            report.Line(watch.Gc);
            return (generator, reader, clicker, disk);
        }
    }
}
