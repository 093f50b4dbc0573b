namespace Crm.Hosting;

/// <summary>
/// Whether silos answer. The Orleans client must not be used before its start has ended, which may be never while no silo is up:
/// <see cref="Started"/> tells. <see cref="Up"/> is the answer to a question asked every other second.
/// </summary>
internal sealed class SiloLink(IServiceProvider services, TimeProvider clock) : BackgroundService, ILifecycleParticipant<IClusterClientLifecycle>
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private volatile bool _started;
    private volatile bool _up;

    /// <summary>True when grains may be called; they may still fail or time out.</summary>
    public bool Started => _started;

    /// <summary>True when a silo answered lately.</summary>
    public bool Up => _up;

    /// <summary>True for what a call to a grain throws while silos are away, start, or hand over.</summary>
    public static bool IsAbsence(Exception exception) =>
        exception is OrleansException or TimeoutException or OperationCanceledException or ObjectDisposedException;

    /// <inheritdoc/>
    public void Participate(IClusterClientLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SiloLink),
        ServiceLifecycleStage.Active,
        stop =>
        {
            _started = true;
            return Task.CompletedTask;
        },
        stop =>
        {
            _started = _up = false;
            return Task.CompletedTask;
        });

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        do
        {
            _up = _started && await Answers(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<bool> Answers(CancellationToken stop)
    {
        try
        {
            await services.GetRequiredService<IGrainFactory>().Partition(0).Progress(0, TimeSpan.Zero).WaitAsync(s_patience, clock, stop);
            return true;
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            _ = exception;
            return false;
        }
    }
}
