using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Clickstream;

/// <summary>
/// Ends the silo's process when the log becomes another one (a restore, a failover): nothing in memory belongs to it. Whoever
/// supervises the silo starts a fresh one, which is how all activations are dropped.
/// </summary>
internal sealed partial class LogWatch(IEventLog log, TimeProvider clock, ILogger<LogWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string? known = null;
        using var timer = new PeriodicTimer(Period, clock);
        do
        {
            try
            {
                var now = await log.Identity(stoppingToken);
                if (known is not null && now != known)
                {
                    LogChanged(logger, known, now);

                    // Not a graceful end: a graceful one would persist state of the old log into the new one.
                    Process.GetCurrentProcess().Kill();
                }

                known = now;
            }
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The database is away; its return is looked at.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The log was {Old} and is now {New}: this silo ends at once, so that nothing of the old log is kept.")]
    private static partial void LogChanged(ILogger logger, string old, string @new);
}
