using Npgsql;
using NpgsqlTypes;

namespace Crm.Auditing;

/// <summary>Which lines of the audit are meant; null means all.</summary>
/// <param name="By">Who did it: a user's or key's id, or <c>crm</c>.</param>
/// <param name="From">From this time on.</param>
/// <param name="To">Before this time.</param>
public sealed record AuditQuery(string? Kind = null, string? Record = null, string? By = null, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>One line of the audit.</summary>
/// <param name="Changes">A JSON object; null when an erasure took it away, or there was nothing to say.</param>
/// <param name="ChainSeq">Its place in the chain; null for seconds after it was written.</param>
/// <param name="Chained">Its link, which holds all lines before.</param>
public sealed record AuditEntry(
    long Id, DateTimeOffset At, string By, string? Address, string Kind, string Record, string Action, string? Changes, long? ChainSeq, byte[]? Chained);

/// <summary>Reads the audit, newest first.</summary>
public sealed class AuditLines
{
    private const string PageSql = $"""
        SELECT {AuditLine.Columns} FROM audit
        WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR record = $2) AND ($3::text IS NULL OR by_whom = $3)
          AND at >= coalesce($4, '-infinity'::timestamptz) AND at < coalesce($5, 'infinity'::timestamptz)
          AND (at, id) < (coalesce($6, 'infinity'::timestamptz), coalesce($7, 9223372036854775807))
        ORDER BY at DESC, id DESC LIMIT $8
        """;

    private readonly NpgsqlDataSource _database;

    internal AuditLines(DataSources sources) => _database = sources.Reading;

    /// <summary>A page.</summary>
    /// <param name="before">Time and id of the last line of the page before; null for the first page.</param>
    public async Task<IReadOnlyList<AuditEntry>> Page(AuditQuery query, (DateTimeOffset At, long Id)? before, int limit, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        await using var command = _database.CreateCommand(PageSql)
            .With(NpgsqlDbType.Text, query.Kind).With(NpgsqlDbType.Text, query.Record).With(NpgsqlDbType.Text, query.By)
            .With(NpgsqlDbType.TimestampTz, query.From?.UtcDateTime).With(NpgsqlDbType.TimestampTz, query.To?.UtcDateTime)
            .With(NpgsqlDbType.TimestampTz, before?.At.UtcDateTime).With(NpgsqlDbType.Bigint, before?.Id).With(NpgsqlDbType.Integer, limit);
        var found = new List<AuditEntry>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            var line = AuditLine.Read(rows);
            found.Add(new AuditEntry(line.Id, line.At, line.By, line.Address, line.Kind, line.Record, line.Action, line.Changes, line.ChainSeq, line.Chained));
        }

        return found;
    }
}
