using System.Globalization;
using Crm.CommandLine;
using Crm.Customers;
using Crm.Embedded;

namespace Crm.Demo;

/// <summary><c>crm demo erase</c>: removes what the demo shop left, and nothing else.</summary>
internal static class DemoErasure
{
    /// <summary>Source of all the demo's events: its key's.</summary>
    private const string Source = "demo";

    public static async Task<int> Run(CliContext context, CancellationToken stop)
    {
        if (DemoProcess.Find(context) is not null)
            throw new CommandFailedException("the demo shop is open. \"crm demo stop\" closes it; then end ./run too: customers are in its memory.");
        Directory.CreateDirectory(context.RunFolder);
        using var alone = FileLock.TryTake(Path.Combine(context.RunFolder, "lock")) ?? throw new CommandFailedException(
            $"./run works on {context.DataFolder}: customers are in its memory. End it (Ctrl-C), erase, and start it with --no-demo.");
        await using var database = Database.Open(await context.Postgres(stop));
        var report = await SourceErasure.Run(database, Source, stop);
        if (report.Silos > 0)
            throw new CommandFailedException($"{report.Silos} silos run on this database: customers are in their memory. End them first.");
        if (report.Unsettled > 0)
            throw new CommandFailedException($"{report.Unsettled} events are not in their customers and the history yet. Start ./run --no-demo, wait until \"crm status\" shows no lag, end it, and erase then.");
        await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"erased: {report.Customers} customers, {report.History} events of the history, {report.DeadLetters} dead letters; kept {report.Kept} customers of whom more is known"));
        return 0;
    }
}
