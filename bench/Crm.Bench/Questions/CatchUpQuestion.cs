using Crm.Embedded;

namespace Crm.Bench;

/// <summary>What happens while no silo is up, and after.</summary>
internal sealed class CatchUpQuestion : IQuestion
{
    public string Name => "catchup";

    public string Asks => "With the silo down for 60 s under load: is every answer 200, and how fast is all caught up after its return?";

    public string Estimate => "Accepting needs no silo: every answer 200. A start of 2-3 s, then rows read back at 6-10 k/s beside delivery at 60-100 k/s: the backlog of 600,000 events in 10-15 s.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await RunningProduct.Start(options);
        var events = new ShopEvents(Runs.NewId());
        var down = options.Seconds("seconds", 60);
        var rate = options.Number("rate", 10_000);
        var load = Runs.Load(product, options, events, new ZipfChoice(options.Customers)) with { EventsPerSecond = rate, Connections = 32 };
        await new LoadGenerator(load with { Seed = 7 }).Run();
        await product.Drained(TimeSpan.FromMinutes(2));

        var hold = Path.Combine(product.DataFolder, "run", "silo-1.hold");
        await File.WriteAllTextAsync(hold, "");
        UnixProcess.Find(product.Processes.Pid("silo-1"))?.Signal(UnixProcess.SigKill);
        var generator = new LoadGenerator(load with { Duration = down + TimeSpan.FromSeconds(120) });
        using var over = new CancellationTokenSource();
        var running = generator.Run(over.Token);
        await Task.Delay(down);
        var whileDown = (generator.Acked, generator.Refused, generator.Broken);
        File.Delete(hold);
        var back = Clock.Now;
        await CaughtUp(product, report, back);
        await over.CancelAsync();
        await Task.WhenAny(running);
        report.Line();
        report.Line($"While the silo was down ({down.TotalSeconds:0} s at {rate:N0}/s): {whileDown.Acked:N0} events acknowledged, answers other than 200: {whileDown.Refused}, broken: {whileDown.Broken}. "
            + $"Over all: {generator.Acked:N0}, {generator.Refused}, {generator.Broken}. Ack ms p50, p95, p99, p99.9, longest: {generator.Ack.Cells()}.");
    }

    private static async Task CaughtUp(RunningProduct product, Report report, long back)
    {
        report.Line("Seconds are counted from the moment at which the supervisor was allowed to start the silo again; the load goes on.");
        report.Line();
        report.Line("| second | not stored | not in history |");
        report.Line("|---|---|---|");
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var caught = false; !caught && Clock.SecondsSince(back) < 110; await second.WaitForNextTickAsync())
        {
            var stages = await product.Log.Look(0, 0);
            report.Line($"| {Clock.SecondsSince(back):0.0} | {stages.NotStored:N0} | {stages.NotInHistory:N0} |");

            // Under load something is always under way: up to date is what a few passes hold.
            caught = stages.NotInHistory < 60_000 && stages.NotStored < 60_000;
        }
    }
}
