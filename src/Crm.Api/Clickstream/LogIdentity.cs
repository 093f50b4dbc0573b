using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>
/// Which log this is, known without asking: reads must be answered from memory also while PostgreSQL is down. Looked up again
/// every few seconds, and when a caller names another log.
/// </summary>
internal sealed class LogIdentity(IEventLog log, ILogInfo info, SchemaStep schema, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);
    private volatile string? _id;
    private volatile int _partitions;

    /// <summary>The log's id; null until it was learned.</summary>
    public string? Id => _id;

    /// <summary>Number of partitions; 0 until it was learned.</summary>
    public int Partitions => _partitions;

    /// <summary>Asks now; keeps what is known when the database does not answer.</summary>
    public async Task Refresh(CancellationToken stop)
    {
        try
        {
            _id = await log.Identity(stop);
            if (_partitions == 0) _partitions = info.Partitions;
        }
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            // PostgresWatch says that it is down; until then the log is the one it was.
            return;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        do
        {
            if (schema.Done) await Refresh(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
