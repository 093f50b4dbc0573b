using System.Threading.Channels;
using Crm.Clickstream;

namespace Crm.Live;

/// <summary>
/// Frames for the live page, about one a second, shared by all who watch. The partitions are asked only while someone does.
/// </summary>
internal sealed partial class LiveFeed(PartitionReads partitions, TimeProvider clock, ILogger<LiveFeed> logger) : BackgroundService
{
    /// <summary>People who may watch one API at a time; the page is for operators, not for the public.</summary>
    public const int MaxWatchers = 100;

    /// <summary>Frames that wait for one watcher: a slow one skips to the newest.</summary>
    private const int MaxWaiting = 2;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<Channel<LiveFrame>> _watchers = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Begins to watch; null when too many do.</summary>
    public Channel<LiveFrame>? Watch()
    {
        var watcher = Channel.CreateBounded<LiveFrame>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            if (_watchers.Count >= MaxWatchers) return null;
            _watchers.Add(watcher);
        }

        _wake.Writer.TryWrite(true);
        return watcher;
    }

    /// <summary>Ends watching.</summary>
    public void Leave(Channel<LiveFrame> watcher)
    {
        lock (_lock) _watchers.Remove(watcher);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _wake.Reader.WaitToReadAsync(stoppingToken))
        {
            _wake.Reader.TryRead(out _);
            await Play(stoppingToken);
        }
    }

    /// <summary>Makes frames until nobody watches.</summary>
    private async Task Play(CancellationToken stop)
    {
        var gauge = new LiveGauge();
        var before = 0L;
        using var timer = new PeriodicTimer(s_period, clock);
        do
        {
            if (Watchers() is not { Length: > 0 } watchers) return;
            try
            {
                var pulses = await partitions.Pulses(stop);
                var now = clock.GetTimestamp();
                var frame = gauge.Frame(pulses, before == 0 ? TimeSpan.Zero : clock.GetElapsedTime(before, now));
                before = now;
                foreach (var watcher in watchers) watcher.Writer.TryWrite(frame);
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                // The next second tries again; those who watch see that frames stay away.
                LogFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    private Channel<LiveFrame>[] Watchers()
    {
        lock (_lock) return [.. _watchers];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A frame of the live page could not be made")]
    private partial void LogFailed(Exception exception);
}
