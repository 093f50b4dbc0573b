using System.Diagnostics;

namespace Crm.Embedded;

/// <summary>
/// Starts processes that outlive a terminal's Ctrl-C and their starter's death: each in a session of its own
/// (its starter alone decides when it ends, and in which order), writing to a log file that it holds itself.
/// </summary>
public static class DetachedProcess
{
    // The shell opens the log and becomes the command, so the process id stays the same throughout.
    private const string IntoLog = "exec \"$@\" >>\"$0\" 2>&1 </dev/null";

    /// <summary>Starts a command.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="logFile">Gets stdout and stderr, appended; the caller may truncate it at any time.</param>
    /// <param name="environment">Variables to set beside the inherited ones; null removes one.</param>
    /// <param name="workingDirectory">Where it starts.</param>
    public static Process Start(
        IReadOnlyList<string> command,
        string logFile,
        IReadOnlyDictionary<string, string?> environment,
        string workingDirectory)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(environment);
        var start = new ProcessStartInfo("setsid", ["/bin/sh", "-c", IntoLog, logFile, .. command])
        {
            WorkingDirectory = workingDirectory,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
    }

    /// <summary>Runs a short command to its end; when that is no longer wanted, ends it and all that it started.</summary>
    /// <returns>The exit code and what it wrote, stdout before stderr.</returns>
    internal static async Task<(int ExitCode, string Output)> Run(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = "/",
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output + await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }
}
