using Crm.Clickstream;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Privacy;

/// <summary>
/// Deletes what tables beside the log and the customers hold of erased lanes, up to the floor of each: what lies above began anew.
/// Each statement is a transaction with its count, and can be repeated.
/// </summary>
internal sealed class PersonSweep(NpgsqlDataSource database)
{
    /// <summary>Rows of the history that one transaction deletes: some MB.</summary>
    private const int HistoryRows = 5_000;

    // By the index of the lane; a lane lies in one partition.
    private const string HistorySql = """
        WITH doomed AS (
          SELECT lane, occurred_at, partition, seq FROM history
          WHERE lane = $1 AND partition = $2 AND seq <= $3 ORDER BY occurred_at LIMIT $4
        )
        DELETE FROM history h USING doomed d
        WHERE h.lane = d.lane AND h.occurred_at = d.occurred_at AND h.partition = d.partition AND h.seq = d.seq
        """;

    // An event that could not be read has no lane: its bytes tell.
    private static readonly (string Table, string Sql)[] s_byLane =
    [
        ("rejected", "DELETE FROM rejected WHERE partition = $1 AND seq <= $3 AND lane = $2"),
        ("dead_letter", """
            DELETE FROM dead_letter WHERE partition = $1 AND seq <= $3
              AND (lane = $2 OR (lane = '' AND position(convert_to($2, 'UTF8') IN packed) > 0))
            """),
        ("parked_event", "DELETE FROM parked_event WHERE partition = $1 AND lane = $2 AND seq <= $3"),
        ("order_due", "DELETE FROM order_due WHERE partition = $1 AND lane = $2 AND seq <= $3"),
        ("lane_merge", "DELETE FROM lane_merge WHERE (partition = $1 AND lane = $2 AND $3 >= 0) OR source = $2"),
    ];

    /// <summary>
    /// Who projects the history and has read blocks before they were blank must not commit after this. The same fence holds where
    /// a parking ends.
    /// </summary>
    public async Task FenceHistory(IEnumerable<int> partitions, CancellationToken stop)
    {
        foreach (var partition in partitions)
        {
            await using var command = database.CreateCommand("UPDATE partition_state SET unparked = unparked + 1 WHERE partition = $1")
                .With(NpgsqlDbType.Smallint, (short)partition);
            await command.ExecuteNonQueryAsync(stop);
        }
    }

    /// <summary>Deletes all of one lane.</summary>
    public async Task Lane(Guid erasure, string lane, int partition, long floor, CancellationToken stop)
    {
        while (await Counted(erasure, "history", connection => History(connection, lane, partition, floor), stop) == HistoryRows)
        {
            // There may be more.
        }

        foreach (var (table, sql) in s_byLane)
        {
            await Counted(erasure, table, connection => new NpgsqlCommand(sql, connection)
                .With(NpgsqlDbType.Smallint, (short)partition)
                .With(NpgsqlDbType.Text, Sql.Text(lane))
                .With(NpgsqlDbType.Bigint, floor), stop);
        }
    }

    /// <summary>
    /// Deletes merges that an activation from before the erasure had decided after it: one that counts is always asked for by a
    /// stored row.
    /// </summary>
    public Task Merges(Guid erasure, IReadOnlyList<string> lanes, CancellationToken stop) => Counted(
        erasure,
        "merge_ledger",
        connection => new NpgsqlCommand("""
            DELETE FROM merge_ledger l WHERE l.source = ANY ($1) AND l.into_id = ANY ($1)
              AND NOT EXISTS (SELECT FROM customer c WHERE c.id = l.into_id)
            """, connection).WithArray(NpgsqlDbType.Text, lanes.Select(Sql.Text)),
        stop);

    /// <summary>
    /// Deletes the card of whom nothing is stored, for an edit may have been under way, and what deals were still to be told of the person.
    /// </summary>
    public Task Cards(Guid erasure, IReadOnlyList<string> lanes, CancellationToken stop) => Counted(
        erasure,
        "customer_record",
        connection => new NpgsqlCommand("""
            WITH unwarmed AS (DELETE FROM heat_due WHERE customer = ANY ($1))
            DELETE FROM customer_record r WHERE r.id = ANY ($1) AND NOT EXISTS (SELECT FROM customer c WHERE c.id = r.id)
            """, connection).WithArray(NpgsqlDbType.Text, lanes.Select(Sql.Text)),
        stop);

    /// <summary>Deletes refused input that names the person. The table is bounded, so it is read whole.</summary>
    public async Task RefusedInput(Guid erasure, IReadOnlyList<string> texts, CancellationToken stop)
    {
        var mentions = new Mentions(texts);
        var doomed = new List<long>();
        await using (var command = database.CreateCommand("SELECT id, sample, packed FROM dead_letter_inbound ORDER BY id"))
        await using (var rows = await command.ExecuteReaderAsync(stop))
        {
            while (await rows.ReadAsync(stop))
            {
                if (mentions.In(rows.GetFieldValue<byte[]>(1)) || (!rows.IsDBNull(2) && mentions.In(rows.GetFieldValue<byte[]>(2))))
                    doomed.Add(rows.GetInt64(0));
            }
        }

        if (doomed.Count == 0) return;
        await Counted(
            erasure,
            "dead_letter_inbound",
            connection => new NpgsqlCommand("DELETE FROM dead_letter_inbound WHERE id = ANY ($1)", connection).WithArray(NpgsqlDbType.Bigint, doomed),
            stop);
    }

    private static NpgsqlCommand History(NpgsqlConnection connection, string lane, int partition, long floor) => new NpgsqlCommand(HistorySql, connection)
        .With(NpgsqlDbType.Text, Sql.Text(lane))
        .With(NpgsqlDbType.Smallint, (short)partition)
        .With(NpgsqlDbType.Bigint, floor)
        .With(NpgsqlDbType.Integer, HistoryRows);

    private async Task<int> Counted(Guid erasure, string table, Func<NpgsqlConnection, NpgsqlCommand> deletion, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        int erased;
        await using (var command = deletion(connection)) erased = await command.ExecuteNonQueryAsync(stop);
        await ErasureRow.Count(connection, erasure, table, erased, stop);
        await transaction.CommitAsync(stop);
        return erased;
    }
}
