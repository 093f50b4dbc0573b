namespace Crm.Bench;

/// <summary>What the whole way carries without end: accepted, durable, applied, stored, in the history.</summary>
internal sealed class SustainedQuestion : IQuestion
{
    // A backlog swings with the passes that empty it; it grows when its trend is more than this share of the rate.
    private const double TrendShare = 0.02;

    public string Name => "sustained";

    public string Asks => "How many events a second does the whole way carry for 60 s (HTTP in batches of 100, durable, applied, stored behind, history written) "
        + "without a backlog that grows? 100,000 customers, Zipf s = 1. Target: at least 35,000 events/s, aim 50,000; stored state p50 at most 1.5 KB. With --seeded: 1,000,000 customers with "
        + "their cards and all indexes of lists. Target then: at least 25,000 events/s.";

    public string Estimate =>
        "Parts measured alone on the same 2 cores: parse 1.1-1.5 M/s (0.8 us), append in blocks 535-704 k/s (about 1 us of PostgreSQL), batches routed over grains "
        + "450 k/s (4.4 us), history with one index 168 k rows/s (6-8 us), stored rows 31-50 k/s at 1 KB (30-50 us a row, but thousands of events share one: about 0.3 rows an event with "
        + "Zipf, 10-15 us). Kestrel, HTTP and the fold 3-5 us. Together 25-35 us of 2 cores: 57-80 k/s, less what JSON walks and history decoding add. Expected: 45-55 k/s.";

    public async Task Run(BenchOptions options, Report report)
    {
        var seeded = options.Has("seeded");
        await using var product = seeded ? await SeededProduct.Start(options, report) : await RunningProduct.Start(options);
        var events = new ShopEvents(Runs.NewId(), seeded ? SeededProduct.Seed(options) : null);
        var choice = new ZipfChoice(seeded ? SeededProduct.Customers(options) : options.Customers);
        report.Line($"Events: {events.MeanBytes:0} bytes on average; the busiest customer has {choice.HottestShare:P1} of them. Warm-up {options.WarmUp.TotalSeconds:0} s at the same rate.");
        foreach (var rate in options.Text("rates", "50000,45000,40000,35000").Split(',').Select(double.Parse))
            if (await Holds(product, Runs.Load(product, options, events, choice) with { EventsPerSecond = rate, Connections = 32 }, options, report)) break;
    }

    private static async Task<bool> Holds(RunningProduct product, LoadOptions load, BenchOptions options, Report report)
    {
        await new LoadGenerator(load with { Duration = options.WarmUp, Seed = 7 }).Run();
        var generator = new LoadGenerator(load with { Duration = options.Seconds("seconds", 60) });
        var watch = new LoadWatch(product, generator);
        await watch.Run();
        var memory = product.Processes.Memory();
        var drained = await product.Drained(TimeSpan.FromMinutes(3));
        var growth = new[] { watch.Growth(s => s.NotApplied), watch.Growth(s => s.NotStored), watch.Growth(s => s.NotInHistory) };
        var behind = watch.Acked < load.EventsPerSecond * load.Duration.TotalSeconds * (1 - TrendShare);
        var holds = !behind && growth.All(g => g < load.EventsPerSecond * TrendShare);
        var sizes = await product.Log.StateSizes();

        report.Line($"## {load.EventsPerSecond:N0} events/s offered: {(holds ? "holds" : "does not hold")}");
        report.Block(watch.Rates());
        report.Line($"Ack ms p50, p95, p99, p99.9, longest: {generator.Ack.Cells()}. Answers other than 200: {generator.Refused}; broken: {generator.Broken}.");
        report.Block(watch.Cpu.Table(watch.Acked));
        report.Line(watch.Gc);
        report.Block(watch.Backlogs());
        report.Line($"Trend of the second half, events/s: not applied {growth[0]:N0}, not stored {growth[1]:N0}, not in history {growth[2]:N0}. All drained {drained:0.0} s after the load.");
        report.Line($"Stored states: {sizes.Rows:N0} rows, p50 {sizes.P50:N0} B, p95 {sizes.P95:N0} B, largest {sizes.Max:N0} B. Memory: API {memory.ApiMb:0} MB, silo {memory.SiloMb:0} MB, PostgreSQL {memory.PostgresMb:0} MB.");
        report.Line();
        return holds;
    }
}
