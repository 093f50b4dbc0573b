using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>Drops what told copies of messages apart and is not needed any more.</summary>
internal sealed class MessageRetention(DataSources sources)
{
    // Customers tell copies apart by the time of receipt. Events that still wait were received some time ago: for them, pages are
    // needed that are older by as much. The block with the first number that is not stored tells since when.
    private const string WaitingSince = """
        SELECT min(b.committed_at) FROM event_log l
        CROSS JOIN LATERAL generate_series(0, l.partitions - 1) AS p (partition)
        LEFT JOIN partition_state s ON s.partition = p.partition
        CROSS JOIN LATERAL (
          SELECT e.committed_at, e.first_seq + e.count - 1 AS last FROM event_block e
          WHERE e.partition = p.partition AND e.first_seq <= coalesce(s.checkpoint, 0) + 1 ORDER BY e.first_seq DESC LIMIT 1) b
        WHERE b.last > coalesce(s.checkpoint, 0)
        """;

    private const string DropOldPages = """
        WITH oldest AS (SELECT owner, page FROM message_page WHERE newest_ms < $1 ORDER BY newest_ms LIMIT $2)
        DELETE FROM message_page p USING oldest o WHERE p.owner = o.owner AND p.page = o.page
        """;

    // The history asks for a number's reject while it or the side queue may still bring that event.
    private const string DropOldRejects = """
        WITH begins AS (
          SELECT s.partition, (SELECT min(b.first_seq) FROM event_block b WHERE b.partition = s.partition) AS first_seq FROM partition_state s
        ), over AS (
          SELECT r.partition, r.seq FROM begins b JOIN rejected r ON r.partition = b.partition AND r.seq < b.first_seq
          WHERE NOT EXISTS (SELECT FROM parked_event k WHERE k.partition = r.partition AND k.seq = r.seq) LIMIT $1
        )
        DELETE FROM rejected r USING over o WHERE r.partition = o.partition AND r.seq = o.seq
        """;

    /// <summary>Numbers of rejected events whose blocks are gone.</summary>
    public Task<long> DropRejects(int atATime, CancellationToken stop) => Drop(DropOldRejects, null, atATime, stop);

    /// <summary>Pages whose messages are all older than any event that may still be folded can be a copy of.</summary>
    public async Task<long> DropPages(DateTimeOffset now, RetentionOptions options, CancellationToken stop)
    {
        await using var ask = sources.History.CreateCommand(WaitingSince);
        var since = await ask.ExecuteScalarAsync(stop) is DateTime waiting && waiting < now.UtcDateTime ? new DateTimeOffset(waiting) : now;

        // What is parked says not since when. The log keeps events so long for those who are to repair it; nobody waits for longer.
        await using var parked = sources.History.CreateCommand("SELECT EXISTS (SELECT FROM parked_event)");
        if (await parked.ExecuteScalarAsync(stop) is true) since = since.AddDays(-options.LogDays);
        return await Drop(DropOldPages, since.AddHours(-options.MessageHours).ToUnixTimeMilliseconds(), options.RowsAtATime, stop);
    }

    private async Task<long> Drop(string sql, long? before, int atATime, CancellationToken stop)
    {
        var dropped = 0L;
        int now;
        do
        {
            await using var command = sources.History.CreateCommand(sql);
            if (before is { } time) command.With(NpgsqlDbType.Bigint, time);
            command.With(NpgsqlDbType.Integer, atATime);
            now = await command.ExecuteNonQueryAsync(stop);
            dropped += now;
        }
        while (now == atATime);
        return dropped;
    }
}
