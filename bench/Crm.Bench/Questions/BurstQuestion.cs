namespace Crm.Bench;

/// <summary>What a burst brings in while later stages may lag.</summary>
internal sealed class BurstQuestion : IQuestion
{
    public string Name => "burst";

    public string Asks => "How many events a second are acknowledged in a burst of 20 s in which the history may lag? Target: at least 70,000.";

    public string Estimate =>
        "Accept and append cost about 6-8 us an event (Kestrel and parse 3-4, append 1-2 with its WAL, generator 1): with both cores for them 250 k/s; the silo's delivery takes its share of the "
        + "cores, so about 90-120 k/s acknowledged while delivery follows as it can.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await RunningProduct.Start(options);
        var events = new ShopEvents(Runs.NewId());
        var load = Runs.Load(product, options, events, new ZipfChoice(options.Customers)) with { Connections = options.Whole("connections", 16) };
        await new LoadGenerator(load with { EventsPerSecond = 20_000, Seed = 7 }).Run();
        await product.Drained(TimeSpan.FromMinutes(2));

        var generator = new LoadGenerator(load with { Duration = options.Seconds("seconds", 20), EventsPerSecond = options.Number("rate", 0) });
        var watch = new LoadWatch(product, generator);
        await watch.Run();
        var applied = Clock.Now;
        var stored = await product.Drained(TimeSpan.FromMinutes(5), history: false);
        var history = await product.Drained(TimeSpan.FromMinutes(5)) + stored;
        report.Block(watch.Rates());
        report.Line($"Ack ms p50, p95, p99, p99.9, longest: {generator.Ack.Cells()}. Answers other than 200: {generator.Refused}; broken: {generator.Broken}.");
        report.Block(watch.Cpu.Table(watch.Acked));
        report.Line(watch.Gc);
        report.Block(watch.Backlogs());
        report.Line($"After the burst: all stored after {stored:0.0} s, all in the history after {history:0.0} s (looked at until {Clock.SecondsSince(applied):0} s).");
    }
}
