namespace Crm.Bench;

/// <summary>What customers in memory cost, and how fast new ones come in.</summary>
internal sealed class MemoryQuestion : IQuestion
{
    public string Name => "memory";

    public string Asks => "How much memory does a customer in the silo take (target: at most 4 KB typically, 8 KB with full rings)? Does the silo stay under 4 GB when 1,000,000 customers are touched "
        + "in a row? Are 100,000 never-seen customers touched in under 15 s?";

    public string Estimate =>
        "An Orleans activation is about 2.8 KB with its context, directory entries and work items; the record 2.4 KB in some dozens of objects (traits, counts, lanes, ring of message ids, newest events), of "
        + "which 0.3 KB are left when it rests: 5.2 KB awake with five events, 3.2 KB at rest; 6-7 KB awake with full rings. First touch reads 100,000 rows by set at 6-10 k/s: 10-15 s. One million at 250,000 in memory: about 1.3 GB of heap, 2-3 GB resident.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await RunningProduct.Start(options);
        var events = new ShopEvents(Runs.NewId());
        await Touch(product, options, events, 9_000_000, 2_000, 20);
        await FirstTouch(product, options, events, report);

        // All stay below the bound of customers in memory, so that none leaves.
        var typical = options.Whole("typical", 80_000);
        await PerCustomer(product, options, events, report, 2_000_000, typical, 5);
        await PerCustomer(product, options, events, report, 3_000_000, options.Whole("full", 40_000), 80);
        await InARow(product, options, events, report);
    }

    private static async Task FirstTouch(RunningProduct product, BenchOptions options, ShopEvents events, Report report)
    {
        var customers = options.Whole("fresh", 100_000);
        var began = Clock.Now;
        await Touch(product, options, events, 1_000_000, customers, 1, drain: false);
        var acked = Clock.SecondsSince(began);
        await AppliedAll(product);
        var applied = Clock.SecondsSince(began);
        await product.Drained(TimeSpan.FromMinutes(5), history: false);
        report.Line($"{customers:N0} never-seen customers, one event each: acknowledged after {acked:0.0} s, all applied after **{applied:0.0} s**, all stored after {Clock.SecondsSince(began):0.0} s.");
        report.Line();
    }

    private static async Task PerCustomer(RunningProduct product, BenchOptions options, ShopEvents events, Report report, int first, int customers, int eventsEach)
    {
        await Rested(product);
        var before = await Held(product);
        await Touch(product, options, events, first, customers, eventsEach);
        var after = await Held(product);
        var resting = await Rested(product);
        var rested = await Held(product);
        report.Line($"{customers:N0} customers with {eventsEach} events each: heap {before.HeapMb:0} -> {after.HeapMb:0} MB after a full collection, **{Kilobytes(before, after):0.00} KB a customer** while awake; "
            + $"a minute later, {resting:N0} customers resting, {rested.HeapMb:0} MB, **{Kilobytes(before, rested):0.00} KB a customer**. Resident {before.RssMb:0} -> {after.RssMb:0} MB.");
        report.Line();

        double Kilobytes((double HeapMb, double RssMb) from, (double HeapMb, double RssMb) to) => (to.HeapMb - from.HeapMb) * 1024 / customers;
    }

    /// <summary>Waits until everybody rests, but for those who never can, or a good minute has passed.</summary>
    private static async Task<double> Rested(RunningProduct product)
    {
        var began = Clock.Now;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (Clock.SecondsSince(began) < 90 && await product.Silo.Sum("crm_customers_resting") < await product.Silo.Sum("crm_customers_active"))
            await timer.WaitForNextTickAsync();
        return await product.Silo.Sum("crm_customers_resting");
    }

    private static async Task InARow(RunningProduct product, BenchOptions options, ShopEvents events, Report report)
    {
        var customers = options.Whole("row", 1_000_000);
        var most = 0.0;
        var began = Clock.Now;
        var touching = Touch(product, options, events, 4_000_000, customers, 2);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (!touching.IsCompleted)
        {
            most = Math.Max(most, product.Processes.Memory().SiloMb);
            await timer.WaitForNextTickAsync();
        }

        await touching;
        var after = await Held(product);
        report.Line($"{customers:N0} customers in a row, two events each, {Clock.SecondsSince(began):0} s until stored: silo resident at most **{most:0} MB**; heap afterwards {after.HeapMb:0} MB, in memory {await product.Silo.Sum("crm_customers_active"):N0} customers.");
        report.Line();
    }

    private static async Task Touch(RunningProduct product, BenchOptions options, ShopEvents events, int first, int customers, int eventsEach, bool drain = true)
    {
        var load = Runs.Load(product, options, events, new InARowChoice(first, customers, eventsEach)) with { Duration = TimeSpan.FromMinutes(10), Connections = 4 };
        await new LoadGenerator(load).Run();
        if (drain) await product.Drained(TimeSpan.FromMinutes(10));
    }

    private static async Task AppliedAll(RunningProduct product)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while ((await product.Log.Look(0, 0)).NotApplied > 0) await timer.WaitForNextTickAsync();
    }

    private static async Task<(double HeapMb, double RssMb)> Held(RunningProduct product)
    {
        foreach (var pid in product.Processes.SiloPids()) await Heap.Collect(pid);

        // The runtime's meter shows the heap of the last collection.
        var heap = await product.Silo.Sum("dotnet_gc_last_collection_heap_size_bytes");
        return (heap / (1 << 20), product.Processes.Memory().SiloMb);
    }
}
