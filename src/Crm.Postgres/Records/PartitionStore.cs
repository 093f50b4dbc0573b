using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>What partitions keep: checkpoint, side queue, due rows, and the history that follows.</summary>
internal sealed class PartitionStore(DataSources sources) : IPartitionStore
{
    private readonly HistoryProjection _history = new(sources);

    public async Task<PartitionState> Load(int partition, CancellationToken stop = default)
    {
        await using var command = sources.Partitions.CreateCommand("""
            SELECT coalesce(max(checkpoint), 0), coalesce(max(history), 0),
              ARRAY(SELECT DISTINCT lane COLLATE "C" AS lane FROM parked_event WHERE partition = $1 ORDER BY lane),
              ARRAY(SELECT lane FROM lane_merge WHERE partition = $1 ORDER BY lane COLLATE "C", source COLLATE "C"),
              ARRAY(SELECT source FROM lane_merge WHERE partition = $1 ORDER BY lane COLLATE "C", source COLLATE "C")
            FROM partition_state WHERE partition = $1
            """).With(NpgsqlDbType.Smallint, (short)partition);
        await using var rows = await command.ExecuteReaderAsync(stop);
        await rows.ReadAsync(stop);
        var merging = rows.GetFieldValue<string[]>(3).Zip(rows.GetFieldValue<string[]>(4), (lane, source) => new LaneMerge(lane, source));
        return new PartitionState(rows.GetInt64(0), rows.GetInt64(1), rows.GetFieldValue<string[]>(2), [.. merging]);
    }

    public async Task<long> Advance(
        int partition, long checkpoint, IReadOnlyCollection<ParkedEvent> parked, IReadOnlyCollection<LaneMerge> merging,
        CancellationToken stop = default)
    {
        await using var command = sources.Partitions.CreateCommand("SELECT advance_partition($1, $2, $3, $4, $5, $6, $7)")
            .With(NpgsqlDbType.Smallint, (short)partition)
            .With(NpgsqlDbType.Bigint, checkpoint)
            .WithArray(NpgsqlDbType.Text, parked.Select(p => Sql.Text(p.Lane)))
            .WithArray(NpgsqlDbType.Bigint, parked.Select(p => p.Event.Seq))
            .WithArray(NpgsqlDbType.Bytea, parked.Select(p => p.Event.Packed.ToArray()))
            .WithArray(NpgsqlDbType.Text, merging.Select(m => Sql.Text(m.Lane)))
            .WithArray(NpgsqlDbType.Text, merging.Select(m => Sql.Text(m.Source)));
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    public async Task<IReadOnlyList<LaneEvent>> ReadParked(int partition, string lane, int max, CancellationToken stop = default)
    {
        await using var command = sources.Partitions
            .CreateCommand("SELECT seq, packed FROM parked_event WHERE partition = $1 AND lane = $2 ORDER BY seq LIMIT $3")
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Text, Sql.Text(lane)).With(NpgsqlDbType.Integer, max);
        var events = new List<LaneEvent>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) events.Add(new LaneEvent(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1)));
        return events;
    }

    // Off the caller's scheduler, like the projection: both read and copy many events, and a grain's turn is for its customers.
    public Task<bool> Unpark(int partition, string lane, long upTo, CancellationToken stop = default) =>
        Task.Run(() => _history.Unpark(partition, lane, upTo, stop), stop);

    public Task<long> ProjectHistory(int partition, int maxEvents, CancellationToken stop = default) =>
        Task.Run(() => _history.Project(partition, maxEvents, stop), stop);

    public async Task<IReadOnlyList<string>> Due(int partition, DateTimeOffset now, int max, CancellationToken stop = default)
    {
        await using var command = sources.Partitions
            .CreateCommand("SELECT id FROM customer WHERE partition = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $3")
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.TimestampTz, now.UtcDateTime).With(NpgsqlDbType.Integer, max);
        var due = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) due.Add(rows.GetString(0));
        return due;
    }
}
