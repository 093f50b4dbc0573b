using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Crm.Clickstream;

/// <summary>Removes dead letters whose time is over, every hour.</summary>
public sealed partial class DeadLetterKeeper(DeadLetterStore letters, TimeProvider clock, ILogger<DeadLetterKeeper> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await letters.Trim(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                LogFailed(exception);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old dead letters could not be removed; the next hour tries again")]
    private partial void LogFailed(Exception exception);
}
