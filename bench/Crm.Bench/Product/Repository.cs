using System.Diagnostics;

namespace Crm.Bench;

/// <summary>The repository that this program was built from.</summary>
internal static class Repository
{
    /// <summary>Its root folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>The short id of its commit; with a plus when files were changed since.</summary>
    public static string Commit { get; } = Git("rev-parse --short HEAD") + (Git("status --porcelain --untracked-files=no").Length > 0 ? "+" : "");

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
