using Crm.Clickstream;
using Crm.Schema;
using Npgsql;

namespace Crm.Hosting;

/// <summary>
/// Upgrades the database's schema at the start. The server may come later than this process: then it is tried again until it
/// answers, and ingest says 503 meanwhile. A script that fails ends the process: going on would do harm.
/// </summary>
internal sealed partial class SchemaStep(
    ApiOptions options, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<SchemaStep> logger) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private volatile bool _done;

    /// <summary>True when the tables are as this build needs them.</summary>
    public bool Done => _done;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var said = false;
        while (!_done)
        {
            try
            {
                await SchemaUpgrade.Run(options.Postgres, logger, stoppingToken);
                _done = true;
            }
            catch (SchemaUpgradeException exception)
            {
                LogFailed(exception);
                Environment.ExitCode = 1;
                lifetime.StopApplication();
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
            {
                if (!said) LogWaiting(exception.Message);
                said = true;
                await Task.Delay(s_pause, clock, stoppingToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The database's schema cannot be upgraded; ending")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for PostgreSQL ({Reason})")]
    private partial void LogWaiting(string reason);
}
