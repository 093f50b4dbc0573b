using System.Text;
using Crm.Customers;
using Crm.Orders;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>Moves events from the log, or from the end of a parking, into the history: each exactly once.</summary>
internal sealed class HistoryProjection(DataSources sources)
{
    // What one projection may bring into memory at a time.
    private const int ReadBytes = 8 * 1024 * 1024;

    private const string SkippedSql = """
        SELECT seq FROM rejected WHERE partition = $1 AND seq > $2 AND seq <= $3
        UNION ALL SELECT seq FROM parked_event WHERE partition = $1 AND seq > $2 AND seq <= $3
        """;

    /// <summary>See <see cref="IPartitionStore.ProjectHistory"/>.</summary>
    public async Task<long> Project(int partition, int maxEvents, CancellationToken stop)
    {
        await using var connection = await sources.History.OpenConnectionAsync(stop);
        var before = await Progress(connection, partition, stop);
        if (before.Checkpoint <= before.History) return before.History;
        var blocks = await LogBlocks.Read(connection, partition, before.History, before.Checkpoint, maxEvents, ReadBytes, stop);
        if (blocks.Count == 0) return before.History;

        // What is skipped is read after the checkpoint: whatever lies below the checkpoint was stored before it.
        var reached = Math.Min(blocks[^1].LastSeq, before.Checkpoint);
        var skipped = await Skipped(connection, partition, before.History, reached, stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        LaneEvent[] events =
        [
            .. blocks.SelectMany(b => b.Events()).Where(e => e.Seq > before.History && e.Seq <= reached && !skipped.Contains(e.Seq)),
        ];
        LaneOrder.Sort(events);
        await Write(connection, partition, events, stop);
        await using var move = new NpgsqlCommand(
            "UPDATE partition_state SET history = $2 WHERE partition = $1 AND history = $3 AND unparked = $4", connection)
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Bigint, reached)
            .With(NpgsqlDbType.Bigint, before.History).With(NpgsqlDbType.Bigint, before.Unparked);
        if (await move.ExecuteNonQueryAsync(stop) == 1)
        {
            await transaction.CommitAsync(stop);
            return reached;
        }

        // Another projector was faster, or a parking ended meanwhile: nothing was written.
        await transaction.RollbackAsync(stop);
        return (await Progress(connection, partition, stop)).History;
    }

    /// <summary>
    /// Ends the parking of a lane up to a number: what the history has passed already is written now, the rest it will meet in
    /// the log. True when nothing of the lane is left.
    /// </summary>
    public async Task<bool> Unpark(int partition, string lane, long upTo, CancellationToken stop)
    {
        await using var connection = await sources.Partitions.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var hold = new NpgsqlCommand(
            "UPDATE partition_state SET unparked = unparked + 1 WHERE partition = $1 RETURNING history", connection)
            .With(NpgsqlDbType.Smallint, (short)partition);
        var history = await hold.ExecuteScalarAsync(stop) is long value ? value : 0;
        await Write(connection, partition, await TakeParked(connection, partition, lane, upTo, history, stop), stop);
        await using var more = new NpgsqlCommand("SELECT EXISTS (SELECT FROM parked_event WHERE partition = $1 AND lane = $2)", connection)
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Text, Sql.Text(lane));
        var left = (bool)(await more.ExecuteScalarAsync(stop))!;
        await transaction.CommitAsync(stop);
        return !left;
    }

    private static async Task<List<LaneEvent>> TakeParked(
        NpgsqlConnection connection, int partition, string lane, long upTo, long history, CancellationToken stop)
    {
        await using var take = new NpgsqlCommand("""
            WITH taken AS (DELETE FROM parked_event WHERE partition = $1 AND lane = $2 AND seq <= $3 RETURNING seq, packed)
            SELECT seq, packed FROM taken t
            WHERE seq <= $4 AND NOT EXISTS (SELECT FROM rejected r WHERE r.partition = $1 AND r.seq = t.seq) ORDER BY seq
            """, connection)
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Text, Sql.Text(lane))
            .With(NpgsqlDbType.Bigint, upTo).With(NpgsqlDbType.Bigint, history);
        var late = new List<LaneEvent>();
        await using var rows = await take.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) late.Add(new LaneEvent(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1)));
        return late;
    }

    private static async Task<(long Checkpoint, long History, long Unparked)> Progress(
        NpgsqlConnection connection, int partition, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("SELECT checkpoint, history, unparked FROM partition_state WHERE partition = $1", connection)
            .With(NpgsqlDbType.Smallint, (short)partition);
        await using var rows = await command.ExecuteReaderAsync(stop);
        return await rows.ReadAsync(stop) ? (rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2)) : default;
    }

    private static async Task<HashSet<long>> Skipped(NpgsqlConnection connection, int partition, long above, long upTo, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(SkippedSql, connection)
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Bigint, above).With(NpgsqlDbType.Bigint, upTo);
        var skipped = new HashSet<long>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) skipped.Add(rows.GetInt64(0));
        return skipped;
    }

    private static async Task Write(NpgsqlConnection connection, int partition, IEnumerable<LaneEvent> events, CancellationToken stop)
    {
        List<LaneEvent>? unreadable = null;
        List<(string, LaneEvent)>? ofOrders = null;
        await using (var copy = await HistoryCopy.Begin(connection, stop))
        {
            foreach (var logged in events)
            {
                if (!copy.Add((short)partition, logged.Seq, logged.Packed.Span)) (unreadable ??= []).Add(logged);
                else if (OfOrder(logged.Packed.Span) is { } lane) (ofOrders ??= []).Add((lane, logged));
                await copy.Flush(stop);
            }

            await copy.Complete(stop);
        }

        if (unreadable is not null) await Bury(connection, partition, unreadable, stop);
        if (ofOrders is not null) await OrderEvents.Note(connection, partition, ofOrders, stop);
    }

    // The lane of an event that tells of an order; null of all others.
    private static string? OfOrder(ReadOnlySpan<byte> packed) =>
        PackedEnvelope.TryRead(packed, out var envelope) && envelope.Type == EventType.Track && envelope.HasName && EcommerceNames.IsOfOrder(envelope.Name)
            ? Encoding.UTF8.GetString(envelope.Lane)
            : null;

    // Events that a damaged disk or a newer build left unreadable must not stop the history; an operator finds them here.
    private static async Task Bury(NpgsqlConnection connection, int partition, List<LaneEvent> unreadable, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("""
            INSERT INTO dead_letter (partition, seq, lane, reason, detail, packed)
            SELECT $1, seq, '', 2, 'The event cannot be read.', packed FROM unnest($2, $3) AS e (seq, packed) ON CONFLICT DO NOTHING
            """, connection)
            .With(NpgsqlDbType.Smallint, (short)partition)
            .WithArray(NpgsqlDbType.Bigint, unreadable.Select(e => e.Seq))
            .WithArray(NpgsqlDbType.Bytea, unreadable.Select(e => e.Packed.ToArray()));
        await command.ExecuteNonQueryAsync(stop);
    }
}
