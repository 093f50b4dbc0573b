using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Privacy;

/// <summary>
/// Deletes the history of sources that is older than their <c>retention_days</c>. It is split by month of receipt, so a sweep walks through the pages
/// of those months that a term's end has reached since the sweep before, a few MB at a time.
/// </summary>
internal sealed class SourceRetention(DataSources sources, TimeProvider clock)
{
    /// <summary>Pages of 8 KB that one statement looks through.</summary>
    private const int Pages = 1_000;

    /// <summary>A sweep reads whole months: once a day is enough.</summary>
    private static readonly TimeSpan s_atLeast = TimeSpan.FromDays(1);

    private sealed record Due(string Source, DateTimeOffset From, DateTimeOffset To);

    private sealed record Month(string Table, DateTimeOffset From, DateTimeOffset To);

    /// <summary>Deletes what is over, in bounded statements; tables that hold nothing else are dropped whole. Answers how many rows were deleted.</summary>
    public async Task<long> Sweep(CancellationToken stop = default)
    {
        var due = await DueTerms(clock.GetUtcNow(), stop);
        if (due.Count == 0) return 0;
        var deleted = 0L;
        foreach (var month in await Months(stop))
        {
            var reached = due.Where(d => d.From < month.To && d.To > month.From).ToArray();
            if (reached.Length > 0 && !await DropWhole(month, due, stop)) deleted += await Walk(month, reached, stop);
        }

        foreach (var term in due) await Swept(term, stop);
        return deleted;
    }

    private async Task<List<Due>> DueTerms(DateTimeOffset now, CancellationToken stop)
    {
        await using var command = sources.Erasing.CreateCommand("""
            SELECT s.id, coalesce(w.swept_to, '1970-01-01Z'), $1 - make_interval(days => s.retention_days)
            FROM source s LEFT JOIN source_sweep w ON w.source = s.id
            WHERE s.retention_days IS NOT NULL AND (w.swept_to IS NULL OR w.swept_to < $1 - make_interval(days => s.retention_days) - $2)
            """).With(NpgsqlDbType.TimestampTz, now.UtcDateTime).With(NpgsqlDbType.Interval, s_atLeast);
        var due = new List<Due>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) due.Add(new Due(rows.GetString(0), rows.GetFieldValue<DateTimeOffset>(1), rows.GetFieldValue<DateTimeOffset>(2)));
        return due;
    }

    private async Task<List<Month>> Months(CancellationToken stop)
    {
        await using var command = sources.Erasing.CreateCommand("""
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'history'::regclass AND c.relname ~ '^history_([0-9]{4}_[0-9]{2}|default)$' ORDER BY c.relname
            """);
        var months = new List<Month>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            var table = rows.GetString(0);
            months.Add(DateTimeOffset.TryParseExact(
                table, "'history_'yyyy_MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var from)
                ? new Month(table, from, from.AddMonths(1))
                : new Month(table, DateTimeOffset.MinValue, DateTimeOffset.MaxValue));
        }

        return months;
    }

    /// <summary>Drops a month that holds nothing but sources whose term ended after it; the look stops at the first other row.</summary>
    private async Task<bool> DropWhole(Month month, List<Due> due, CancellationToken stop)
    {
        string[] over = [.. due.Where(d => d.To >= month.To).Select(d => d.Source)];
        if (over.Length == 0) return false;
        await using var connection = await sources.Erasing.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        try
        {
            await using (var wait = new NpgsqlCommand("SET LOCAL lock_timeout = '2s'; SET LOCAL enable_seqscan = on", connection))
                await wait.ExecuteNonQueryAsync(stop);
            await using var others = new NpgsqlCommand($"SELECT EXISTS (SELECT FROM {month.Table} WHERE source <> ALL ($1))", connection)
                .WithArray(NpgsqlDbType.Text, over);
            if ((bool)(await others.ExecuteScalarAsync(stop))!) return false;
            await using var drop = new NpgsqlCommand($"DROP TABLE {month.Table}", connection);
            await drop.ExecuteNonQueryAsync(stop);
            await transaction.CommitAsync(stop);
            return true;
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            // Somebody reads: row by row then.
            return false;
        }
    }

    // The table's name is one of those that the pattern above let through.
    private async Task<long> Walk(Month month, Due[] due, CancellationToken stop)
    {
        await using var size = sources.Erasing.CreateCommand("SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int")
            .With(NpgsqlDbType.Text, month.Table);
        var pages = (long)(await size.ExecuteScalarAsync(stop))!;
        var deleted = 0L;
        for (var page = 0L; page < pages; page += Pages)
        {
            await using var command = sources.Erasing.CreateCommand($"""
                DELETE FROM {month.Table} h USING unnest($3, $4, $5) AS d (source, since, until)
                WHERE h.ctid >= $1::text::tid AND h.ctid < $2::text::tid
                  AND h.source = d.source AND h.received_at >= d.since AND h.received_at < d.until
                """)
                .With(NpgsqlDbType.Text, string.Create(CultureInfo.InvariantCulture, $"({page},0)"))
                .With(NpgsqlDbType.Text, string.Create(CultureInfo.InvariantCulture, $"({page + Pages},0)"))
                .WithArray(NpgsqlDbType.Text, due.Select(d => d.Source))
                .WithArray(NpgsqlDbType.TimestampTz, due.Select(d => d.From.UtcDateTime))
                .WithArray(NpgsqlDbType.TimestampTz, due.Select(d => d.To.UtcDateTime));
            deleted += await command.ExecuteNonQueryAsync(stop);
        }

        return deleted;
    }

    private async Task Swept(Due due, CancellationToken stop)
    {
        await using var command = sources.Erasing.CreateCommand("""
            INSERT INTO source_sweep (source, swept_to) SELECT id, $2 FROM source WHERE id = $1
            ON CONFLICT (source) DO UPDATE SET swept_to = greatest(source_sweep.swept_to, excluded.swept_to)
            """)
            .With(NpgsqlDbType.Text, due.Source).With(NpgsqlDbType.TimestampTz, due.To.UtcDateTime);
        await command.ExecuteNonQueryAsync(stop);
    }
}
