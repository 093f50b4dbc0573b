using Npgsql;
using NpgsqlTypes;

namespace Crm.Segments;

/// <summary>
/// Who entered and left, in an order that can be followed: numbers are given after the changes are there, by one at a time, so whoever
/// has read up to a number has missed none below it.
/// </summary>
internal sealed class SegmentNews(DataSources sources) : ISegmentNews
{
    /// <summary>Changes of one statement.</summary>
    private const int Most = 5_000;

    public async Task<long> Number(CancellationToken stop = default)
    {
        // Mostly there is nothing: then nothing is written.
        await using (var look = sources.Records.CreateCommand("SELECT number FROM segment_told WHERE NOT EXISTS (SELECT FROM segment_change WHERE number IS NULL)"))
            if (await look.ExecuteScalarAsync(stop) is long last) return last;
        await using var connection = await sources.Records.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using (var one = new NpgsqlCommand("SELECT FROM segment_told FOR UPDATE", connection, transaction)) await one.ExecuteNonQueryAsync(stop);

        // A statement of its own: it sees what whoever held the row before has numbered.
        await using var command = new NpgsqlCommand("""
            WITH numbered AS (
              SELECT id, row_number() OVER (ORDER BY id) AS place FROM (SELECT id FROM segment_change WHERE number IS NULL ORDER BY id LIMIT $1) AS next
            ), done AS (
              UPDATE segment_change c SET number = t.number + n.place FROM numbered n, segment_told t WHERE c.id = n.id RETURNING 1
            )
            UPDATE segment_told SET number = number + (SELECT count(*) FROM done) RETURNING number
            """, connection, transaction).With(NpgsqlDbType.Integer, Most);
        var numbered = (long)(await command.ExecuteScalarAsync(stop))!;
        await transaction.CommitAsync(stop);
        return numbered;
    }

    public async Task<long> Last(CancellationToken stop = default)
    {
        await using var command = sources.Reading.CreateCommand("SELECT number FROM segment_told");
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    public async Task<IReadOnlyList<SegmentNewsItem>> After(long number, int max, CancellationToken stop = default)
    {
        await using var command = sources.Reading.CreateCommand("SELECT number, segment, customer, entered, version, at FROM segment_change WHERE number > $1 ORDER BY number LIMIT $2")
            .With(NpgsqlDbType.Bigint, number).With(NpgsqlDbType.Integer, max);
        var items = new List<SegmentNewsItem>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
            items.Add(new SegmentNewsItem(rows.GetInt64(0), rows.GetString(1), rows.GetString(2), rows.GetBoolean(3), rows.GetInt32(4), rows.GetFieldValue<DateTimeOffset>(5)));
        return items;
    }
}
