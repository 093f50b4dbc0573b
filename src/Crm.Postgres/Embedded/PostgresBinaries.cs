using System.Globalization;

namespace Crm.Embedded;

/// <summary>Finds the machine's PostgreSQL programs.</summary>
internal static class PostgresBinaries
{
    // Debian and Ubuntu keep every major version apart, outside of PATH; others follow one of these.
    private static readonly string[] VersionedRoots = ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/postgresql"];

    /// <summary>The folder that holds <c>postgres</c> and <c>initdb</c>, of the newest version; null when there is none.</summary>
    /// <param name="version">The major version that a cluster was made with, which alone can open it; null for any.</param>
    public static async Task<string?> Find(int? version, CancellationToken cancellationToken)
    {
        var versioned =
            from root in VersionedRoots
            where Directory.Exists(root)
            from folder in Directory.EnumerateDirectories(root)
            let major = int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0
            where major >= EmbeddedServer.OldestVersion && (version is null || major == version)
            orderby major descending
            select Path.Combine(folder, "bin");
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);

        return versioned.FirstOrDefault(Holds)
            ?? onPath.FirstOrDefault(Holds)
            ?? await AskPgConfig(cancellationToken);
    }

    private static bool Holds(string folder) =>
        File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb"));

    private static async Task<string?> AskPgConfig(CancellationToken cancellationToken)
    {
        try
        {
            var (exitCode, output) = await DetachedProcess.Run(["pg_config", "--bindir"], cancellationToken);
            return exitCode == 0 && Holds(output.Trim()) ? output.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // There is no pg_config.
        }
    }
}
