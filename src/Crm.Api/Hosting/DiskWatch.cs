namespace Crm.Hosting;

/// <summary>Watches the free room on the disk that the embedded PostgreSQL writes to.</summary>
internal sealed partial class DiskWatch(ApiOptions options, TimeProvider clock, ILogger<DiskWatch> logger) : BackgroundService
{
    /// <summary>Share of the disk that must stay free: room for PostgreSQL to go on with what it has.</summary>
    public const double LeastFreeShare = 0.05;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private volatile bool _full;

    /// <summary>True while too little is free.</summary>
    public bool Full => _full;

    /// <summary>True when that little is free.</summary>
    internal static bool IsFull(long freeBytes, long totalBytes) => totalBytes > 0 && freeBytes < totalBytes * LeastFreeShare;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.FreeDiskPath is not { } path) return;
        using var timer = new PeriodicTimer(s_period, clock);
        do
        {
            Look(path);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Look(string path)
    {
        try
        {
            var drive = new DriveInfo(path);
            var full = IsFull(drive.AvailableFreeSpace, drive.TotalSize);
            if (full && !_full) LogFull(path);
            else if (!full && _full) LogRoom(path);
            _full = full;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(exception, path);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The disk of {Path} has less than 5 % free; events are refused with 503 until it has more")]
    private partial void LogFull(string path);

    [LoggerMessage(Level = LogLevel.Information, Message = "The disk of {Path} has room again")]
    private partial void LogRoom(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The free room of {Path} cannot be read")]
    private partial void LogUnreadable(Exception exception, string path);
}
