using Crm.Auditing;
using Crm.Clickstream;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Privacy;

/// <summary>The jobs of erasures, and their work on tables.</summary>
internal sealed class Erasures(DataSources sources, InstallationSecret secret, TimeProvider clock) : IErasures
{
    /// <summary>Refused input is written behind: what was refused when the person was erased is stored within this time.</summary>
    internal static readonly TimeSpan SettleFor = TimeSpan.FromSeconds(3);

    // Rare work of any length: it shares the pool, and the patience, of the history's projection.
    private readonly NpgsqlDataSource _database = sources.Erasing;
    private readonly PersonSweep _sweep = new(sources.Erasing);
    private readonly AuditBlanking _audit = new(sources.Erasing, clock);

    public async Task<Erasure> Begin(string customer, string reason, bool suppress, CancellationToken stop = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(customer);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(reason.Length, Erasure.MaxReasonLength);
        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await using var command = _database.CreateCommand(
            "INSERT INTO erasure (id, reason, suppress, asked_at, subject) VALUES ($1, $2, $3, $4, $5)")
            .With(NpgsqlDbType.Uuid, id).With(NpgsqlDbType.Text, Sql.Text(reason)).With(NpgsqlDbType.Boolean, suppress)
            .With(NpgsqlDbType.TimestampTz, now.UtcDateTime).With(NpgsqlDbType.Text, Sql.Text(customer));
        await command.ExecuteNonQueryAsync(stop);
        return new Erasure { Id = id, Step = ErasureStep.Asked, Subject = customer, Reason = reason, Suppress = suppress, AskedAt = now };
    }

    public async Task<Erasure?> Find(Guid id, CancellationToken stop = default) => (await ErasureRow.Find(_database, id, stop))?.Erasure;

    public async Task<IReadOnlyList<Guid>> Unfinished(int max, CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand("SELECT id FROM erasure WHERE step < 6 ORDER BY asked_at LIMIT $1")
            .With(NpgsqlDbType.Integer, max);
        var ids = new List<Guid>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) ids.Add(rows.GetGuid(0));
        return ids;
    }

    public Task Forgotten(Guid id, CancellationToken stop = default) => MoveOn(id, ErasureStep.Forgotten, stop);

    public async Task<bool> Work(Guid id, CancellationToken stop = default)
    {
        if (await ErasureRow.Find(_database, id, stop) is not { } job) return false;
        switch (job.Erasure.Step)
        {
            case ErasureStep.Forgotten:
                await Blank(job, stop);
                return true;
            case ErasureStep.Blanked:
                await Sweep(job, stop);
                await MoveOn(id, ErasureStep.Swept, stop);
                return true;
            case ErasureStep.Swept when clock.GetUtcNow() - job.Erasure.ErasedAt >= SettleFor && await IsSettled(job, stop):
                // What was under way below the floors has arrived by now, and nothing follows it.
                await Sweep(job, stop);
                await Finish(id, stop);
                return true;
            default:
                return false;
        }
    }

    public async Task<int> BlankLate(int max, CancellationToken stop = default)
    {
        var late = new List<(int Partition, long Seq)>();
        await using (var command = _database.CreateCommand("SELECT partition, seq FROM rejected WHERE reason = 8 ORDER BY partition, seq LIMIT $1")
            .With(NpgsqlDbType.Integer, max))
        await using (var rows = await command.ExecuteReaderAsync(stop))
        {
            while (await rows.ReadAsync(stop)) late.Add((rows.GetInt16(0), rows.GetInt64(1)));
        }

        foreach (var partition in late.GroupBy(l => l.Partition, l => l.Seq)) await BlankLate(partition.Key, [.. partition], stop);
        return late.Count;
    }

    public async Task<ErasureReceipt> Receipt(Erasure erasure, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(erasure);
        var job = await ErasureRow.Find(_database, erasure.Id, stop) ?? throw new InvalidOperationException("There is no such erasure.");
        return Receipts.Of(job.Erasure, job.Keys, await secret.Load(stop));
    }

    public async Task<bool> Verify(ErasureReceipt receipt, string? customer, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        var keys = await secret.Load(stop);
        return Receipts.IsValid(receipt, keys) && (customer is null || receipt.Subjects.Contains(Convert.ToHexStringLower(keys.Id(customer))));
    }

    private async Task Blank(ErasureRow job, CancellationToken stop)
    {
        var byPartition = (await Lanes(job, stop)).ToLookup(l => l.Partition);
        var partition = job.ScanPartition;
        if (partition < 0)
        {
            await MoveScan(job.Erasure.Id, byPartition.Min(p => p.Key), 0, stop);
            return;
        }

        await using var connection = await _database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var (reached, blanked) = await LogBlanking.Next(
            connection, partition, job.ScanSeq, byPartition[partition].ToDictionary(l => l.Lane, l => l.Floor, StringComparer.Ordinal), stop);
        await ErasureRow.Count(connection, job.Erasure.Id, "event_block", blanked, stop);
        if (reached is { } seq)
            await MoveScan(connection, job.Erasure.Id, partition, seq, stop);
        else if (byPartition.Where(p => p.Key > partition).Select(p => p.Key).DefaultIfEmpty(-1).Min() is >= 0 and var next)
            await MoveScan(connection, job.Erasure.Id, next, 0, stop);
        else
            await MoveOn(connection, job.Erasure.Id, ErasureStep.Blanked, stop);
        await transaction.CommitAsync(stop);
    }

    private async Task Sweep(ErasureRow job, CancellationToken stop)
    {
        var lanes = await Lanes(job, stop);
        await _sweep.FenceHistory(lanes.Select(l => l.Partition).Distinct(), stop);
        foreach (var (lane, partition, floor) in lanes) await _sweep.Lane(job.Erasure.Id, lane, partition, floor, stop);
        await _sweep.Merges(job.Erasure.Id, job.Erasure.Ids, stop);
        await _sweep.Cards(job.Erasure.Id, job.Erasure.Ids, stop);
        await _sweep.RefusedInput(job.Erasure.Id, job.Mentions, stop);
        await _audit.Run(
            job.Erasure.Id, [.. job.Erasure.Ids.Concat(job.Mentions).Distinct(StringComparer.Ordinal)], job.Erasure.Ids, job.Erasure.ErasedAt!.Value, stop);
    }

    private async Task<List<(string Lane, int Partition, long Floor)>> Lanes(ErasureRow job, CancellationToken stop)
    {
        await using var command = _database.CreateCommand("""
            SELECT i.lane, t.partition, t.floor FROM unnest($1, $2) AS i (lane, key) JOIN erased_id t ON t.key = i.key ORDER BY t.partition
            """).WithArray(NpgsqlDbType.Text, job.Erasure.Ids).WithArray(NpgsqlDbType.Bytea, job.Keys);
        var lanes = new List<(string, int, long)>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) lanes.Add((rows.GetString(0), rows.GetInt16(1), rows.GetInt64(2)));
        return lanes;
    }

    /// <summary>True when checkpoint and history have passed the floors: until then a partition may have more of the person in hand.</summary>
    private async Task<bool> IsSettled(ErasureRow job, CancellationToken stop)
    {
        await using var command = _database.CreateCommand("""
            SELECT count(*) FROM erased_id t LEFT JOIN partition_state s ON s.partition = t.partition
            WHERE t.key = ANY ($1) AND t.floor > least(coalesce(s.checkpoint, 0), coalesce(s.history, 0))
            """).WithArray(NpgsqlDbType.Bytea, job.Keys);
        return (long)(await command.ExecuteScalarAsync(stop))! == 0;
    }

    private async Task BlankLate(int partition, long[] seqs, CancellationToken stop)
    {
        await using var connection = await _database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);

        // A projection that knows the events but no longer their rejects must not commit. This row first, like everyone.
        await using var fence = new NpgsqlCommand("UPDATE partition_state SET unparked = unparked + 1 WHERE partition = $1", connection)
            .With(NpgsqlDbType.Smallint, (short)partition);
        await fence.ExecuteNonQueryAsync(stop);
        await LogBlanking.Numbers(connection, partition, seqs, stop);
        await using var delete = new NpgsqlCommand("DELETE FROM rejected WHERE partition = $1 AND seq = ANY ($2) AND reason = 8", connection)
            .With(NpgsqlDbType.Smallint, (short)partition).WithArray(NpgsqlDbType.Bigint, seqs);
        await delete.ExecuteNonQueryAsync(stop);
        await transaction.CommitAsync(stop);
    }

    private async Task Finish(Guid id, CancellationToken stop)
    {
        await using var command = _database.CreateCommand("""
            UPDATE erasure SET step = 6, finished_at = $2, subject = NULL, ids = '{}', mentions = '{}' WHERE id = $1 AND step = 5
            """).With(NpgsqlDbType.Uuid, id).With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
        await command.ExecuteNonQueryAsync(stop);
    }

    private async Task MoveOn(Guid id, ErasureStep to, CancellationToken stop)
    {
        await using var connection = await _database.OpenConnectionAsync(stop);
        await MoveOn(connection, id, to, stop);
    }

    private static async Task MoveOn(NpgsqlConnection connection, Guid id, ErasureStep to, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("UPDATE erasure SET step = $2 WHERE id = $1 AND step = $2 - 1", connection)
            .With(NpgsqlDbType.Uuid, id).With(NpgsqlDbType.Smallint, (short)to);
        await command.ExecuteNonQueryAsync(stop);
    }

    private async Task MoveScan(Guid id, int partition, long seq, CancellationToken stop)
    {
        await using var connection = await _database.OpenConnectionAsync(stop);
        await MoveScan(connection, id, partition, seq, stop);
    }

    private static async Task MoveScan(NpgsqlConnection connection, Guid id, int partition, long seq, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("UPDATE erasure SET scan_partition = $2, scan_seq = $3 WHERE id = $1", connection)
            .With(NpgsqlDbType.Uuid, id).With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Bigint, seq);
        await command.ExecuteNonQueryAsync(stop);
    }
}
