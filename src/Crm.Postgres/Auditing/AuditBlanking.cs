using System.Text;
using System.Text.Json;
using Crm.Privacy;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Auditing;

/// <summary>
/// Takes from the audit what it says of an erased person. The lines stay with their hashes, and a line of its own names them: what is
/// missing without one was not taken by an erasure.
/// </summary>
internal sealed class AuditBlanking(NpgsqlDataSource database, TimeProvider clock)
{
    public const string Kind = "audit";
    public const string Action = "blank";
    public const string Lines = "lines";

    /// <summary>Lines that one transaction looks through.</summary>
    private const int AtATime = 5_000;

    /// <summary>A shorter text would be found in anything: it must be a whole value.</summary>
    private const int PartLength = 6;

    // Of a lead, an activity or a task all lines go: one that forgot whose it was says nothing of the person any more. Of all kinds those of
    // files go, whose names may say it.
    private const string Forgotten = """
        (kind IN ('lead', 'activity', 'task') OR action IN ('attach', 'detach')) AND EXISTS (
          SELECT FROM audit f WHERE f.kind = p.kind AND f.record = p.record AND f.action = 'forget' AND f.id > p.id)
        """;

    private const string OfTheCard =
        "kind = 'customer' AND record = ANY ($4) AND (at <= $5 OR NOT EXISTS (SELECT FROM customer_record r WHERE r.id = p.record))";

    private const string FindSql = $"""
        SELECT {AuditLine.Columns}, {Forgotten} AS forgotten, {OfTheCard} AS of_the_card
        FROM (SELECT * FROM audit WHERE id > $1 ORDER BY id LIMIT $2) p
        WHERE changes IS NOT NULL AND action NOT IN ('blank', 'forget') AND (
          ({Forgotten}) OR ({OfTheCard}) OR EXISTS (SELECT FROM unnest($3) AS t WHERE position(t in p.changes::text) > 0))
        ORDER BY id
        """;

    private const string BlankSql = """
        UPDATE audit a SET changes = NULL, salt = NULL, changes_hash = b.hash FROM unnest($1, $2) AS b (id, hash)
        WHERE a.id = b.id AND a.salt IS NOT NULL
        """;

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Takes away what names any of the texts, and what was written on the cards of the person's ids; of who began anew what is newer stays.
    /// Can be repeated.
    /// </summary>
    public async Task Run(Guid erasure, IReadOnlyList<string> texts, IReadOnlyList<string> lanes, DateTimeOffset erasedAt, CancellationToken stop)
    {
        // As they stand in JSON.
        string[] written = [.. texts.Select(t => JsonSerializer.Serialize(t, s_plain)[1..^1])];
        var mentions = new Mentions(texts);
        for (var after = 0L; await End(after, stop) is { } end; after = end)
        {
            var found = await Find(after, written, mentions, lanes, erasedAt, stop);
            if (found.Count > 0) await Blank(erasure, found, stop);
        }
    }

    private async Task<long?> End(long after, CancellationToken stop)
    {
        await using var command = database.CreateCommand("SELECT max(id) FROM (SELECT id FROM audit WHERE id > $1 ORDER BY id LIMIT $2) p")
            .With(NpgsqlDbType.Bigint, after).With(NpgsqlDbType.Integer, AtATime);
        return await command.ExecuteScalarAsync(stop) as long?;
    }

    private async Task<List<AuditLine>> Find(
        long after, string[] written, Mentions mentions, IReadOnlyList<string> lanes, DateTimeOffset erasedAt, CancellationToken stop)
    {
        await using var command = database.CreateCommand(FindSql)
            .With(NpgsqlDbType.Bigint, after).With(NpgsqlDbType.Integer, AtATime).WithArray(NpgsqlDbType.Text, written.Select(Sql.Text))
            .WithArray(NpgsqlDbType.Text, lanes.Select(Sql.Text)).With(NpgsqlDbType.TimestampTz, erasedAt.UtcDateTime);
        var found = new List<AuditLine>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            var line = AuditLine.Read(rows);
            var isMeant = rows.GetBoolean(12) || rows.GetBoolean(13) || written.Any(t => t.Length >= PartLength && line.Changes!.Contains(t, StringComparison.Ordinal))
                || mentions.In(Encoding.UTF8.GetBytes(line.Changes!));
            if (isMeant) found.Add(line);
        }

        return found;
    }

    private async Task Blank(Guid erasure, List<AuditLine> found, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using (var allow = new NpgsqlCommand("SET LOCAL crm.audit_blanking = 'on'", connection)) await allow.ExecuteNonQueryAsync(stop);
        int blanked;
        await using (var blank = new NpgsqlCommand(BlankSql, connection)
            .WithArray(NpgsqlDbType.Bigint, found.Select(f => f.Id)).WithArray(NpgsqlDbType.Bytea, found.Select(f => f.ChangesHash ?? f.HashOfChanges())))
            blanked = await blank.ExecuteNonQueryAsync(stop);
        await using (var note = new NpgsqlCommand(
            "INSERT INTO audit (at, by_whom, kind, record, action, changes) VALUES ($1, 'crm', $2, $3, $4, jsonb_build_object($5, to_jsonb($6)))", connection)
            .With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime).With(NpgsqlDbType.Text, Kind).With(NpgsqlDbType.Text, erasure.ToString())
            .With(NpgsqlDbType.Text, Action).With(NpgsqlDbType.Text, Lines).WithArray(NpgsqlDbType.Bigint, found.Select(f => f.Id)))
            await note.ExecuteNonQueryAsync(stop);
        await ErasureRow.Count(connection, erasure, "audit", blanked, stop);
        await transaction.CommitAsync(stop);
    }
}
