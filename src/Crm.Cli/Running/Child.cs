using System.Diagnostics;
using Crm.Embedded;
using Microsoft.Extensions.Logging;

namespace Crm.Running;

/// <summary>One process that is kept running: started again whenever it ends, until it is stopped.</summary>
internal sealed partial class Child(ChildSpec spec, RunFolder folder, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan HoldLook = TimeSpan.FromMilliseconds(100);

    private readonly BackOff _backOff = new();
    private UnixProcess? _process;

    public ChildSpec Spec => spec;

    /// <summary>How often it has died.</summary>
    public int Deaths { get; private set; }

    /// <summary>Keeps it running until cancelled, which leaves the process as it is.</summary>
    public async Task Keep(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            using var process = DetachedProcess.Start(spec.Command, folder.Log(spec.Name), spec.Environment, AppContext.BaseDirectory);
            _process = UnixProcess.Find(process.Id);
            folder.WritePid(spec.Name, process.Id);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode == 0 && spec.MayEnd)
            {
                folder.DeletePid(spec.Name);
                LogEnded(logger, spec.Name);
                return;
            }

            Deaths++;
            var wait = _backOff.After(clock.GetElapsedTime(started));
            LogDied(logger, spec.Name, process.Id, process.ExitCode, wait.TotalSeconds);
            await Task.Delay(wait, clock, cancellationToken);
            await WhileHeld(cancellationToken);
        }
    }

    /// <summary>Ends the process: asked, and when it has not ended within the time or there is no more patience, killed.</summary>
    public async Task Stop(TimeSpan within, CancellationToken patience)
    {
        if (_process is not { } process)
        {
            return;
        }

        process.Signal(UnixProcess.SigTerm);
        try
        {
            if (!await process.WaitForExit(within, clock, patience))
            {
                LogKilled(logger, spec.Name);
            }
        }
        catch (OperationCanceledException)
        {
            // No patience left.
        }

        process.Signal(UnixProcess.SigKill);
        folder.DeletePid(spec.Name);
    }

    /// <summary>Lets an operator, or a proof, keep a process down: it is not started while its hold file lies there.</summary>
    private async Task WhileHeld(CancellationToken cancellationToken)
    {
        if (!folder.IsHeld(spec.Name)) return;
        LogHeld(logger, spec.Name);
        using var look = new PeriodicTimer(HoldLook, clock);
        while (folder.IsHeld(spec.Name)) await look.WaitForNextTickAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} is not started while its hold file lies in the run folder.")]
    private static partial void LogHeld(ILogger logger, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} (process {Id}) ended with code {Code}; starting it again in {Seconds:0.0} s.")]
    private static partial void LogDied(ILogger logger, string name, int id, int code, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} ended by itself.")]
    private static partial void LogEnded(ILogger logger, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} did not end in time and was killed.")]
    private static partial void LogKilled(ILogger logger, string name);
}
