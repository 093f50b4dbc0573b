using Crm.Clickstream;
using Crm.Customers;
using Crm.Infrastructure;
using Crm.Segments;
using Npgsql;

namespace Crm.Delivery;

/// <summary>
/// The production stores, projection, ledger and log on a real PostgreSQL. They answer from other threads; a world waits for each
/// operation where it runs it, or lets a few run against each other and then waits for all of them.
/// </summary>
internal sealed partial class PostgresStorage : IStorage, IAsyncDisposable
{
    private readonly Stores _stores;

    // Of the judge alone: what the world does to the stores' connections does not befall it.
    private readonly NpgsqlDataSource _database;

    public PostgresStorage(string connectionString)
    {
        _stores = new Stores(connectionString, log => log.Partitions = World.Partitions);
        _database = NpgsqlDataSource.Create(connectionString);
    }

    public ICustomerStore Customers => _stores.Get<ICustomerStore>();

    public IPartitionStore Partitions => _stores.Partitions;

    public IMergeLedger Ledger => _stores.Get<IMergeLedger>();

    public IUnmerging Unmerging => _stores.Get<IUnmerging>();

    public ISegmentStore Segments => _stores.Get<ISegmentStore>();

    public IEventLog Log => _stores.Log;

    public ILogInfo Info => _stores.Get<ILogInfo>();

    public bool TakesTogether { get; private set; }

    /// <summary>The same without a row, for the next world.</summary>
    public PostgresStorage Empty(bool takesTogether = false)
    {
        Do("""
            DELETE FROM event_block; DELETE FROM partition_state; DELETE FROM parked_event; DELETE FROM rejected; DELETE FROM dead_letter;
            DELETE FROM history; DELETE FROM customer; DELETE FROM customer_external_id; DELETE FROM merge_ledger; DELETE FROM lane_merge;
            DELETE FROM message_page; DELETE FROM merge_bar; DELETE FROM duplicate_candidate; DELETE FROM order_due;
            DELETE FROM customer_record; DELETE FROM customer_seen; DELETE FROM customer_list_due;
            DELETE FROM segment; DELETE FROM segment_series; DELETE FROM segment_member; DELETE FROM segment_count; DELETE FROM segment_change;
            DELETE FROM segment_card_due; UPDATE segment_plan SET number = 0, reads = 0, written_since = 0;
            UPDATE segment_fill SET plan = 0, after = '', looked = 0, ended = true, paused = false
            """);
        TakesTogether = takesTogether;
        return this;
    }

    public void Append(IReadOnlyList<BehaviourEvent> events) => _stores.Writer.Append(events).GetAwaiter().GetResult();

    // The log's writer keeps its own: traffic is not what is tried here.
    public void BreakConnections() => Do("""
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
          AND application_name IN ('crm records', 'crm partitions', 'crm history', 'crm log reading')
        """);

    public async ValueTask DisposeAsync()
    {
        await _stores.DisposeAsync();
        await _database.DisposeAsync();
    }

    private void Do(string sql)
    {
        using var command = _database.CreateCommand(sql);
        command.ExecuteNonQuery();
    }
}
