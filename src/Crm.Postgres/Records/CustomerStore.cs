using Crm.Clickstream;
using Crm.Privacy;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Customers;

/// <summary>
/// Customers' rows. Thousands of grains read and write at the same time; few statements carry them: whoever asks while a
/// statement runs goes with the next one.
/// </summary>
internal sealed class CustomerStore : ICustomerStore, IAsyncDisposable
{
    // Two writers: one batch is being packed while the other waits for the disk. A thousand rows or 4 MB amortise the commit
    // and still end within tens of milliseconds. Those who wait beyond 20,000 are held back where they stand.
    private static readonly GatherLimits WriteLimits = new(Workers: 2, Waiting: 20_000, BatchCount: 1_000, BatchWeight: 4 * 1024 * 1024);
    private static readonly GatherLimits ReadLimits = new(Workers: 2, Waiting: 20_000, BatchCount: 500);

    // Known not to have been written, and caused by one row's data: the others of the batch are tried without it.
    private static readonly string[] DataErrorClasses = ["22", "23", "54"];

    private readonly DataSources _sources;
    private readonly InstallationSecret _secret;
    private readonly ILogInfo _log;
    private readonly CrmMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly Gatherer<CustomerWrite, bool> _writes;
    private readonly Gatherer<string, StoredCustomer> _reads;
    private readonly MessagePageReads _pages;

    public CustomerStore(DataSources sources, InstallationSecret secret, ILogInfo log, CrmMetrics metrics, TimeProvider clock)
    {
        (_sources, _secret, _log, _metrics, _clock) = (sources, secret, log, metrics, clock);
        _writes = new(WriteLimits, w => w.Id, Weight, WriteBatch);
        _reads = new(ReadLimits, id => id, _ => 0, ReadBatch);
        _pages = new MessagePageReads(sources);
    }

    public Task<StoredCustomer> Read(string id, CancellationToken stop = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return _reads.Run(id, stop);
    }

    public Task<bool> Write(CustomerWrite write, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        return write.Floor is null ? _writes.Run(write, stop) : Skip(write, stop);
    }

    public async Task<EraseOutcome> Erase(CustomerErasure erasure, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(erasure);
        var keys = await _secret.Load(stop);
        await using var connection = await _sources.Records.OpenConnectionAsync(stop);
        try
        {
            return await CustomerErasing.Close(connection, erasure, keys, _log.Partitions, stop) ? EraseOutcome.Closed : EraseOutcome.NotYet;
        }
        catch (PostgresException refusal) when (refusal.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return EraseOutcome.NotYet;
        }
    }

    public Task<IReadOnlyList<MessagePage>> ReadPages(MessagePageRange range, CancellationToken stop = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(range.Owner);
        return _pages.Read(range, stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _writes.DisposeAsync();
        await _reads.DisposeAsync();
        await _pages.DisposeAsync();
    }

    private static long Weight(CustomerWrite write) =>
        write.State.Length + 200 + write.Rejects.Sum(r => 100 + r.Event.Packed.Length) + write.Pages.Sum(p => 100 + p.Hashes.Length * sizeof(ulong));

    private async Task<IReadOnlyList<StoredCustomer>> ReadBatch(IReadOnlyList<string> ids)
    {
        var keys = await _secret.Load();
        await using var command = _sources.Records.CreateCommand("""
            SELECT asked.id, c.row_version, c.state, c.moved_to, m.into_id, m.reason, m.at, e.version, e.floor, e.erased_at, e.suppressed, w.watched, w.carded
            FROM unnest($1, $2) AS asked (id, key) CROSS JOIN LATERAL (
                SELECT EXISTS (SELECT FROM deal_customer WHERE customer = asked.id) OR EXISTS (SELECT FROM deal_customer WHERE root = asked.id) AS watched,
                EXISTS (SELECT FROM customer_record WHERE id = asked.id AND row_version > 0) AS carded
              ) w LEFT JOIN customer c ON c.id = asked.id LEFT JOIN merge_ledger m ON m.source = asked.id
              LEFT JOIN erased_id e ON e.key = asked.key
            WHERE c.id IS NOT NULL OR m.source IS NOT NULL OR e.key IS NOT NULL OR w.watched OR w.carded
            """).WithArray(NpgsqlDbType.Text, ids.Select(Sql.Text)).WithArray(NpgsqlDbType.Bytea, ids.Select(keys.Id));
        var found = new Dictionary<string, StoredCustomer>(ids.Count);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            var id = rows.GetString(0);
            var row = rows.IsDBNull(1) ? null : new CustomerRow(
                id, rows.GetInt64(1), rows.GetFieldValue<byte[]>(2), rows.IsDBNull(3) ? null : rows.GetString(3));
            var merge = rows.IsDBNull(4) ? null : new MergeEntry(
                id, rows.GetString(4), rows.GetString(5), rows.GetFieldValue<DateTimeOffset>(6));
            var erased = rows.IsDBNull(7) ? null : new Tombstone(
                rows.GetInt64(7), rows.GetInt64(8), rows.GetFieldValue<DateTimeOffset>(9).ToUnixTimeMilliseconds(), rows.GetBoolean(10));
            found[id] = new StoredCustomer(row, merge, erased, rows.GetBoolean(11), rows.GetBoolean(12));
        }

        return [.. ids.Select(id => found.GetValueOrDefault(id))];
    }

    private async Task<IReadOnlyList<bool>> WriteBatch(IReadOnlyList<CustomerWrite> writes)
    {
        var began = _clock.GetTimestamp();
        var written = await WriteSorted([.. writes.OrderBy(w => w.Id, StringComparer.Ordinal)]);
        _metrics.Persisted(written.Count, _clock.GetElapsedTime(began));
        return [.. writes.Select(w => written.Contains(w.Id))];
    }

    private async Task<HashSet<string>> WriteSorted(CustomerWrite[] writes)
    {
        try
        {
            return await WriteOnce(writes);
        }
        catch (PostgresException refusal) when (writes.Length > 1 && IsDataError(refusal))
        {
            return await WriteHalves(writes);
        }
    }

    // Sorted, so that two batches that share rows wait for each other in one direction only.
    private async Task<HashSet<string>> WriteOnce(CustomerWrite[] writes)
    {
        var (connection, keys) = await Open();
        await using var opened = connection;
        await using var command = CustomerWriteSql.Command(connection, writes, keys, _clock.GetUtcNow());
        var written = new HashSet<string>(writes.Length);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) written.Add(rows.GetString(0));

        // Only the end of the answer says that the commit happened.
        await rows.NextResultAsync();
        return written;
    }

    // Before a connection is open nothing can have been written: customers keep what they have in memory, and answer from it.
    private async Task<(NpgsqlConnection Connection, InstallationSecret.Keys Keys)> Open()
    {
        try
        {
            var keys = await _secret.Load();
            return (await _sources.Records.OpenConnectionAsync(), keys);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            throw new StoreUnavailableException(failure);
        }
    }

    // Few are erased, and fewer come back with their past: not worth a batch.
    private async Task<bool> Skip(CustomerWrite write, CancellationToken stop)
    {
        var (connection, keys) = await Open();
        await using var opened = connection;
        return await CustomerErasing.Skip(connection, write, keys, stop);
    }

    // One customer's bad data must not end the others: halve until it stands alone. Its owner sees a refused write and ends.
    private async Task<HashSet<string>> WriteHalves(CustomerWrite[] writes)
    {
        var half = writes.Length / 2;
        var written = new HashSet<string>();
        foreach (var part in (CustomerWrite[][])[writes[..half], writes[half..]])
        {
            try
            {
                written.UnionWith(await WriteSorted(part));
            }
            catch (PostgresException refusal) when (part.Length == 1 && IsDataError(refusal))
            {
                // Not written.
            }
            catch (StoreUnavailableException lost) when (written.Count > 0 && lost.InnerException is not null)
            {
                // Others of the batch were written: for the whole of it that is "unknown".
                throw lost.InnerException;
            }
        }

        return written;
    }

    private static bool IsDataError(PostgresException refusal) => DataErrorClasses.Contains(refusal.SqlState[..2]);
}
