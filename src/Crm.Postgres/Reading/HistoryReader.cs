using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>Reads pages of the history: the newest rows of each lane by its index, then the newest of those.</summary>
internal sealed class HistoryReader(DataSources sources) : IHistory
{
    private const int MaxLimit = 500;

    // The plain bound on occurred_at is what the index can use; the row comparison tells rows of the same time apart.
    private const string PageSql = """
        SELECT h.partition, h.seq, h.lane, h.type, h.name, h.occurred_at, h.received_at, h.message_id, h.source, h.body
        FROM unnest($1) AS l (lane)
        CROSS JOIN LATERAL (
          SELECT * FROM history r
          WHERE r.lane = l.lane
            AND r.occurred_at <= $2 AND (r.occurred_at, r.partition, r.seq) < ($2, $3, $4)
            AND ($5 IS NULL OR r.type = $5) AND ($6 IS NULL OR r.name = $6)
          ORDER BY r.occurred_at DESC, r.partition DESC, r.seq DESC LIMIT $7) AS h
        ORDER BY h.occurred_at DESC, h.partition DESC, h.seq DESC LIMIT $7
        """;

    public async Task<HistoryPage> Read(
        IReadOnlyList<string> lanes, HistoryCursor? before, int limit, HistoryFilter filter, CancellationToken stop = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxLimit);
        before ??= new HistoryCursor(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds(), short.MaxValue, long.MaxValue);

        // One more than asked for tells whether there is a next page.
        await using var command = sources.Reading.CreateCommand(PageSql)
            .WithArray(NpgsqlDbType.Text, lanes.Select(Sql.Text).Distinct(StringComparer.Ordinal))
            .With(NpgsqlDbType.TimestampTz, DateTimeOffset.FromUnixTimeMilliseconds(before.TimestampMs).UtcDateTime)
            .With(NpgsqlDbType.Smallint, (short)Math.Clamp(before.Partition, 0, short.MaxValue))
            .With(NpgsqlDbType.Bigint, before.Seq)
            .With(NpgsqlDbType.Smallint, filter.Type is { } type ? (short)type : null)
            .With(NpgsqlDbType.Text, filter.Name is { } name ? Sql.Text(name) : null)
            .With(NpgsqlDbType.Integer, limit + 1);
        var items = new List<HistoryItem>(limit + 1);
        await using (var row = await command.ExecuteReaderAsync(stop))
        {
            while (await row.ReadAsync(stop)) items.Add(Item(row));
        }

        if (items.Count <= limit) return new HistoryPage(items, null);
        items.RemoveAt(limit);
        var last = items[^1];
        return new HistoryPage(items, new HistoryCursor(last.TimestampMs, last.Partition, last.Seq));
    }

    private static HistoryItem Item(NpgsqlDataReader row) => new(
        row.GetInt16(0),
        row.GetInt64(1),
        row.GetString(2),
        (EventType)row.GetInt16(3),
        row.IsDBNull(4) ? null : row.GetString(4),
        Ms(row.GetDateTime(5)),
        Ms(row.GetDateTime(6)),
        row.GetString(7),
        row.GetString(8),
        row.GetFieldValue<byte[]>(9));

    private static long Ms(DateTime utc) => (utc - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;
}
