using System.Globalization;

namespace Crm.Embedded;

/// <summary>What a server wrote into its cluster's <c>postmaster.pid</c>.</summary>
/// <param name="Process">The living server.</param>
/// <param name="SocketFolder">Where it listens; null until it says so.</param>
/// <param name="IsReady">It takes connections.</param>
internal sealed record PostmasterFile(UnixProcess Process, string? SocketFolder, bool IsReady)
{
    // One fact a line: id, data folder, start time, port, socket folder, TCP address, shared memory, status.
    private const int SocketLine = 4;
    private const int StatusLine = 7;

    /// <summary>Reads the file; null when there is none or its server is dead (the id may be another program's by now).</summary>
    public static PostmasterFile? Read(string cluster)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(PathIn(cluster));
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return lines.Length > 0
            && int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && UnixProcess.Find(id) is { } process
            && IsServer(process, cluster)
                ? new PostmasterFile(process, lines.ElementAtOrDefault(SocketLine) is { Length: > 0 } socket ? socket : null, lines.ElementAtOrDefault(StatusLine)?.Trim() == "ready")
                : null;
    }

    /// <summary>
    /// Removes the file of a dead server when no process of it is left. After a restart of the machine or the container
    /// its id may belong to another program, which PostgreSQL would take for a running server and refuse to start.
    /// </summary>
    public static void RemoveStale(string cluster)
    {
        if (File.Exists(PathIn(cluster)) && !UnixProcess.All().Any(p => MayBePart(p, cluster)))
        {
            File.Delete(PathIn(cluster));
        }
    }

    // Root without CAP_SYS_PTRACE (the usual container) may not see another account's working directory; command lines are public.
    private static bool IsServer(UnixProcess process, string cluster) =>
        process.WorkingDirectory is { } folder ? folder == cluster : process.CommandLine.Contains(cluster);

    private static bool MayBePart(UnixProcess process, string cluster) =>
        process.WorkingDirectory is { } folder
            ? folder == cluster
            : process.CommandLine is [var program, ..]
                && (program.StartsWith("postgres:", StringComparison.Ordinal) || Path.GetFileName(program) == "postgres");

    private static string PathIn(string cluster) => Path.Combine(cluster, "postmaster.pid");
}
