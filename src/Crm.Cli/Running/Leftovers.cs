using Crm.Embedded;

namespace Crm.Running;

/// <summary>
/// What a killed run left behind. Its processes are known by a variable in their environment, so that neither a stale
/// process id nor one never written down can mislead. PostgreSQL is not among them: it is adopted.
/// </summary>
internal static class Leftovers
{
    // Their work is in the log already: a short while to be polite, no more.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private const string MarkName = "CRM_SUPERVISED_DATA";

    /// <summary>The variable that marks the processes of a data folder's run.</summary>
    public static KeyValuePair<string, string?> Mark(RunFolder folder) => new(MarkName, folder.Data);

    /// <summary>Ends every process that an earlier run on the folder started.</summary>
    public static async Task End(RunFolder folder, TextWriter notes, TimeProvider clock, CancellationToken cancellationToken)
    {
        var mark = $"{MarkName}={folder.Data}";
        var left = UnixProcess.All().Where(p => p.Id != Environment.ProcessId && p.Environment.Contains(mark) && !IsPostgres(p)).ToArray();
        if (left.Length > 0)
        {
            await notes.WriteLineAsync($"An earlier run was killed; ending its processes ({string.Join(", ", left.Select(p => p.Id))}).");
        }

        foreach (var process in left)
        {
            process.Signal(UnixProcess.SigTerm);
        }

        var start = clock.GetTimestamp();
        foreach (var process in left)
        {
            var rest = Patience - clock.GetElapsedTime(start);
            if (!await process.WaitForExit(rest, clock, cancellationToken))
            {
                process.Signal(UnixProcess.SigKill);
                await process.WaitForExit(Patience, clock, cancellationToken);
            }
        }

        folder.DeleteTraces();
    }

    private static bool IsPostgres(UnixProcess process) =>
        process.CommandLine is [var program, ..]
        && (Path.GetFileName(program) == "postgres" || program.StartsWith("postgres:", StringComparison.Ordinal));
}
