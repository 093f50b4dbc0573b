using System.Diagnostics;
using Crm.Embedded;

namespace Crm.Bench;

/// <summary>This program once more, in another mode, until disposed.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    /// <summary>CPU time used so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>CPU time that this process has used so far.</summary>
    public static TimeSpan OwnCpu => Process.GetCurrentProcess().TotalProcessorTime;

    /// <summary>Starts it and waits for its line <c>ready</c>.</summary>
    public static async Task<ChildProcess> Start(params string[] words)
    {
        var process = Process.Start(Repository.AsUsers(new ProcessStartInfo("dotnet", [typeof(ChildProcess).Assembly.Location, .. words])))!;
        while (await process.StandardOutput.ReadLineAsync() is { } line && line != "ready")
        {
        }

        return new ChildProcess(process);
    }

    public void Dispose()
    {
        UnixProcess.Find(_process.Id)?.Signal(UnixProcess.SigKill);
        _process.Dispose();
    }
}
