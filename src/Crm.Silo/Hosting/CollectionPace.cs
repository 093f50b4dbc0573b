namespace Crm.Hosting;

/// <summary>
/// Collects young garbage early while there is little of it. A collection stops all calls for as long as it takes to copy what
/// survives: after 128 MB, the budget that a full load needs, 150 ms, which every call of that moment waits. After 4 MB it is 10 ms;
/// that costs more in all, so where many events come, or collections take much of the time, the runtime's own budget is left to it.
/// </summary>
internal sealed class CollectionPace(TimeProvider clock) : BackgroundService
{
    /// <summary>Allocated between two collections.</summary>
    private const long PaceBytes = 4 * 1024 * 1024;

    /// <summary>Bytes a second beyond which throughput counts more: about 12,000 events a second with as many readers.</summary>
    private const double BusyBytesPerSecond = 80e6;

    /// <summary>Share of the time in collections beyond which there are no early ones.</summary>
    private const double MostPaused = 0.15;

    /// <summary>How quickly the measured rate and share follow the true ones: in half a second.</summary>
    private const double Weight = 0.02;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var looks = new PeriodicTimer(s_look, clock);
        var (allocated, paused, at) = (GC.GetTotalAllocatedBytes(), GC.GetTotalPauseDuration(), clock.GetTimestamp());
        var (since, collections, rate, share) = (0L, GC.CollectionCount(0), 0d, 0d);
        while (await looks.WaitForNextTickAsync(stoppingToken))
        {
            var (now, total, pauses) = (clock.GetTimestamp(), GC.GetTotalAllocatedBytes(), GC.GetTotalPauseDuration());
            var seconds = Math.Max(clock.GetElapsedTime(at, now).TotalSeconds, 0.001);
            rate += Weight * (((total - allocated) / seconds) - rate);
            share += Weight * (((pauses - paused).TotalSeconds / seconds) - share);
            since += total - allocated;
            (allocated, paused, at) = (total, pauses, now);
            if (GC.CollectionCount(0) != collections) (collections, since) = (GC.CollectionCount(0), 0);
            if (since < PaceBytes || rate > BusyBytesPerSecond || share > MostPaused) continue;
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
            (collections, since) = (GC.CollectionCount(0), 0);
        }
    }
}
