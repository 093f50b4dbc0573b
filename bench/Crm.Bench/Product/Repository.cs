using System.Diagnostics;

namespace Crm.Bench;

/// <summary>The repository that this program was built from.</summary>
internal static class Repository
{
    /// <summary>Its root folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>The short id of its commit; with a plus when files were changed since.</summary>
    public static string Commit { get; } = Git("rev-parse --short HEAD") + (Git("status --porcelain --untracked-files=no").Length > 0 ? "+" : "");

    /// <summary>
    /// A command of the repository, as its users start it: what <c>bench/run</c> sets for the generator's own sockets would have the
    /// product do all its work on the one thread that waits for them.
    /// </summary>
    public static ProcessStartInfo Command(string name, params IEnumerable<string> words)
    {
        var start = new ProcessStartInfo(Path.Combine(Root, name), words) { WorkingDirectory = Root };
        return AsUsers(start);
    }

    /// <summary>The same for another program, as a ceiling of the product.</summary>
    public static ProcessStartInfo AsUsers(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.Environment.Remove("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS");
        return start;
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Crm.Orleans.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException("Crm.Orleans.sln was not found above the program.");
    }

    private static string Git(string arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = Root, RedirectStandardOutput = true })!;
        return git.StandardOutput.ReadToEnd().Trim();
    }
}
