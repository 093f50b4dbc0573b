using System.Globalization;
using System.Text.Json;
using Crm.CommandLine;
using Crm.Records;
using Crm.Sending;
using Npgsql;

namespace Crm.Clickstream;

/// <summary><c>crm status</c>: how far the log and what is made of it are.</summary>
internal sealed class StatusCommand : ICliCommand
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public string Name => "status";

    public string Summary => "Shows partitions, checkpoints, history, lag, rates and silos.";

    public string Usage => "[--json] [--all] [--key KEY [--api URL]]";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("json", null, "as JSON"),
        new("all", null, "each partition, also those that lag behind nothing"),
        new("key", "KEY", "server key: asks the API instead of the database (default CRM_KEY)"),
        new("api", "URL", "which API (default: what runs on the data folder)"),
    ];

    public string Details => """
        Without a key it asks the database, so that it works while silos and API are down. The checkpoint is what
        customers have durably; they answer a second or so ahead of it, which the API knows ("applied") and the
        database does not. Silos are known to the database alone. Rates are of the second between two looks.
        """;

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        var report = await Ask(arguments, context, cancellationToken);
        if (arguments.Has("json")) await context.Out.WriteLineAsync(JsonSerializer.Serialize(report, Json));
        else Write(report, arguments.Has("all"), context.Out);
        return 0;
    }

    private static async Task<StatusReport> Ask(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        var key = arguments.Text("key") ?? Environment.GetEnvironmentVariable("CRM_KEY");
        if (!string.IsNullOrEmpty(key))
        {
            using var http = EventSender.Connect(context.ApiFor(arguments), key, 1);
            var (before, appliedBefore) = await LiveLog.Read(http, cancellationToken);
            await Task.Delay(Between, TimeProvider.System, cancellationToken);
            var (now, appliedNow) = await LiveLog.Read(http, cancellationToken);
            return StatusReport.Of(before, now, appliedBefore, appliedNow);
        }

        if (arguments.Has("api")) throw new UsageException("with --api a --key is needed too.");
        var cluster = Environment.GetEnvironmentVariable("CRM_CLUSTER") is { Length: > 0 } named ? named : "crm";
        await using var database = Database.Open(await context.Postgres(cancellationToken));
        var first = await LogStatus.Read(database, cluster, cancellationToken);
        await Task.Delay(Between, TimeProvider.System, cancellationToken);
        var second = await LogStatus.Read(database, cluster, cancellationToken);
        return StatusReport.Of(first, second) with { Files = await Attachments.Total(database, cancellationToken) };
    }

    private static void Write(StatusReport report, bool all, TextWriter to)
    {
        if (report.LogId is null)
        {
            to.WriteLine("The log is not born yet: no event was ever taken.");
            return;
        }

        var say = CultureInfo.InvariantCulture;
        to.WriteLine($"log        {report.LogId}, {report.Partitions.Count} partitions");
        to.WriteLine(string.Create(say, $"events     {report.Head,14:N0} logged    {report.AppendedPerSecond,10:N0}/s"));
        if (report.Applied is { } applied) to.WriteLine(string.Create(say, $"           {applied,14:N0} applied   {report.AppliedPerSecond ?? 0,10:N0}/s"));
        to.WriteLine(string.Create(say, $"           {report.Checkpoint,14:N0} in customers {report.CheckpointedPerSecond,7:N0}/s   lag {report.LagMs / 1000.0:N1} s"));
        to.WriteLine(string.Create(say, $"           {report.History,14:N0} in history {report.ProjectedPerSecond,9:N0}/s   lag {report.HistoryLagMs / 1000.0:N1} s"));
        if (report.Files is { Count: > 0 } files) to.WriteLine(string.Create(say, $"files      {files.Count,14:N0} of records   {files.Bytes / 1_048_576.0,7:N1} MB"));
        if (report.Parked > 0) to.WriteLine($"parked     {report.Parked} customers wait in the side queue");
        if (report.Applied is null) to.WriteLine(report.Silos.Count == 0 ? "silos      none" : "silos");
        foreach (var silo in report.Silos)
            to.WriteLine(string.Create(say, $"           {silo.Name} {silo.Address} {(silo.Active ? "active" : "joining")}, last seen {silo.AliveAt:yyyy-MM-dd HH:mm:ss}Z"));
        foreach (var one in report.Partitions)
        {
            if (!all && one.History == one.Head) continue;
            to.WriteLine(string.Create(say,
                $"partition  {one.Partition,4}  head {one.Head,12:N0}  checkpoint {one.Checkpoint,12:N0}  history {one.History,12:N0}  lag {one.LagMs,7:N0} ms"));
        }
    }
}
