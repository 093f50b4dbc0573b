using Microsoft.Extensions.Logging;

namespace Crm.Hosting;

/// <summary>Work that a silo does again and again while it is an active member of its cluster.</summary>
public abstract partial class SiloLoop(TimeProvider clock, ILogger logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private Task _running = Task.CompletedTask;
    private bool _failing;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        observer.Subscribe(GetType().Name, ServiceLifecycleStage.Active, Begin, End);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ending.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>How long to wait after a turn that failed.</summary>
    protected virtual TimeSpan PauseAfterFailure => TimeSpan.FromSeconds(1);

    /// <summary>One turn. Answers how long to wait until the next; null to end.</summary>
    protected abstract Task<TimeSpan?> Turn(CancellationToken stop);

    private Task Begin(CancellationToken cancellation)
    {
        _running = Task.Run(Run, cancellation);
        return Task.CompletedTask;
    }

    private async Task End(CancellationToken cancellation)
    {
        await _ending.CancelAsync();
        await _running.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Run()
    {
        while (!_ending.IsCancellationRequested)
        {
            var pause = await Try();
            if (pause is null) return;
            await Task.Delay(pause.Value, clock, _ending.Token);
        }
    }

    private async Task<TimeSpan?> Try()
    {
        try
        {
            var pause = await Turn(_ending.Token);
            _failing = false;
            return pause;
        }
#pragma warning disable CA1031 // Whatever failed will be tried again; said once until it works again.
        catch (Exception exception) when (!_ending.IsCancellationRequested)
#pragma warning restore CA1031
        {
            if (!_failing) LogFailed(GetType().Name, exception);
            _failing = true;
            return PauseAfterFailure;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Loop} failed and tries again")]
    private partial void LogFailed(string loop, Exception exception);
}
