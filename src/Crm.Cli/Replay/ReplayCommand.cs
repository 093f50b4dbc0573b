using System.Globalization;
using Crm.CommandLine;
using Crm.Sending;

namespace Crm.Replay;

/// <summary><c>crm replay</c>: sends a file of transactions or clicks as events through the HTTP API.</summary>
internal sealed class ReplayCommand : ICliCommand
{
    public string Name => "replay";

    public string Summary => "Sends a CSV file (also .gz) of transactions or clicks as events through the HTTP API.";

    public string Usage => "FILE --map FIELDS [options]";

    public IReadOnlyList<CliOption> Options => ReplayOptions.Known;

    public string Details => ReplayHelp.Text;

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        var options = ReplayOptions.Read(arguments);
        if (!File.Exists(options.File)) throw new CommandFailedException($"there is no file {options.File}.");
        using var rows = CsvRows.Open(options.File, options.Delimiter);
        var problems = new ReplayProblems();
        var fields = ReplayFields.Create(options.Map, rows.Columns, options.Kind);
        var dates = DateReader.Create(options.Zone, options.DateFormat);
        var api = context.ApiFor(arguments);
        await using var key = await RunKey.For(arguments, context, cancellationToken);
        using var http = EventSender.Connect(api, key.Secret, options.Connections);

        var fingerprint = ReplayState.Fingerprint(options.File, options.Meaning(api));
        var statePath = Path.GetFullPath(arguments.Text("state") ?? Path.Combine(context.DataFolder, "replay", fingerprint[..16] + ".json"));
        var before = options.Again ? null : await Before(statePath, fingerprint, http, cancellationToken);
        if (before is { Finished: true })
        {
            await context.Error.WriteLineAsync("All of it was sent before: nothing to do. (--again sends it again; what counted does not count twice.)");
            return 0;
        }

        var session = new ReplaySession(options, context, http, statePath, fingerprint);
        var from = before?.Done ?? 0;
        if (from > 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Going on after {from:N0} events."));
        if (options.Kind == ReplayKind.Clicks)
        {
            var clicks = new ClickEvents(fields, dates, problems);
            return await session.Run(clicks.Events(rows, from), from, () => rows.Fraction, problems, cancellationToken);
        }

        await context.Error.WriteLineAsync("Reading and grouping the lines by order ...");
        var transactions = new TransactionEvents(fields, dates, options.RefundPrefix, problems);
        var orders = transactions.Group(rows, cancellationToken);
        return await session.Run(
            transactions.Events(orders, from), from, () => orders.Count == 0 ? 1 : (double)(from + session.Sent) / orders.Count,
            problems, cancellationToken);
    }

    /// <summary>How far an earlier run came. Another log (a new data folder, a restored backup) has nothing of it.</summary>
    private static async Task<ReplayState?> Before(string path, string fingerprint, HttpClient http, CancellationToken stop)
    {
        if (ReplayState.Load(path, fingerprint) is not { } state) return null;
        if (state.Log is null || await LogProbe.Identity(http, stop) is not { } identity) return state;
        return identity == state.Log ? state : null;
    }
}
