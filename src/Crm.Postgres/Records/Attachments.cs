using System.Text.Json.Nodes;
using Crm.Auditing;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>A file of a record, without its content.</summary>
/// <param name="MediaType">By its name; the content was held against it.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Of the content, in hexadecimal.</param>
/// <param name="CreatedBy">The user, or the key, who added it.</param>
public sealed record Attachment(string Id, string Name, string MediaType, int Size, string Sha256, DateTimeOffset CreatedAt, string CreatedBy);

/// <summary>How an attachment was kept, or why not.</summary>
public enum AttachmentEnd
{
    /// <summary>It is there.</summary>
    Added,

    /// <summary>The record has the same file under that name already.</summary>
    Same,

    /// <summary>The record has as many as it may.</summary>
    RecordFull,

    /// <summary>The installation holds as many bytes as it may.</summary>
    AllFull,

    /// <summary>It was taken away.</summary>
    Deleted,

    /// <summary>The record has none of that id.</summary>
    Missing,

    /// <summary>The record is not as it was when it was looked at: nothing was done.</summary>
    Stale,
}

/// <summary>How many files there are, and what they hold.</summary>
public sealed record StoredFiles(long Count, long Bytes);

/// <summary>Files of records: rows, so that one transaction holds them, one backup carries them, and they go with the record's own end.</summary>
/// <param name="database">Where they stand.</param>
/// <param name="clock">For their times.</param>
/// <param name="maxBytes">What all together may hold.</param>
public sealed class Attachments(NpgsqlDataSource database, TimeProvider clock, long maxBytes)
{
    /// <summary>Longest file.</summary>
    public const int MaxBytes = 10 * 1024 * 1024;

    /// <summary>Most files of one record.</summary>
    public const int MaxOfRecord = 20;

    private const string Columns = "id, name, media_type, size, encode(sha256, 'hex'), created_at, created_by";

    /// <summary>Those of a record, the oldest first.</summary>
    public async Task<IReadOnlyList<Attachment>> List(string kind, string record, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"SELECT {Columns} FROM attachment WHERE kind = $1 AND record = $2 ORDER BY created_at, id")
            .With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, Sql.Text(record));
        await using var rows = await command.ExecuteReaderAsync(stop);
        var found = new List<Attachment>();
        while (await rows.ReadAsync(stop)) found.Add(Read(rows));
        return found;
    }

    /// <summary>One of a record; null when it has none of that id.</summary>
    public async Task<Attachment?> Find(string kind, string record, string id, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"SELECT {Columns} FROM attachment WHERE id = $3 AND kind = $1 AND record = $2")
            .With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, Sql.Text(record)).With(NpgsqlDbType.Text, Sql.Text(id));
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? Read(row) : null;
    }

    /// <summary>Its content. It is read piece by piece, as whoever gets it takes it: no more of it is in memory, and no connection is held.</summary>
    public Stream Open(Attachment attachment)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return new AttachmentContent(database, attachment);
    }

    /// <summary>All files of an installation.</summary>
    public static async Task<StoredFiles> Total(NpgsqlDataSource database, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand("SELECT count(*), coalesce(sum(size), 0)::bigint FROM attachment");
        await using var row = await command.ExecuteReaderAsync(stop);
        await row.ReadAsync(stop);
        return new StoredFiles(row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>Adds one. Of two at the same time that would be one too many, one is refused.</summary>
    /// <param name="recordVersion">The record's version for which it was decided that this may be.</param>
    public async Task<(AttachmentEnd End, Attachment? Attachment)> Add(
        string kind, string record, long recordVersion, string name, string mediaType, ReadOnlyMemory<byte> content, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(cause);
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        await using (var alone = change.Command("SELECT pg_advisory_xact_lock(hashtextextended('attachment', 0))")) await alone.ExecuteNonQueryAsync(stop);
        var hash = System.Security.Cryptography.SHA256.HashData(content.Span);
        if (await Same(change, kind, record, name, hash, stop) is { } same) return (AttachmentEnd.Same, same);
        await using (var held = change.Command("SELECT (SELECT count(*) FROM attachment WHERE kind = $1 AND record = $2), (SELECT coalesce(sum(size), 0)::bigint FROM attachment)")
            .With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, Sql.Text(record)))
        await using (var row = await held.ExecuteReaderAsync(stop))
        {
            await row.ReadAsync(stop);
            if (row.GetInt64(0) >= MaxOfRecord) return (AttachmentEnd.RecordFull, null);
            if (row.GetInt64(1) + content.Length > maxBytes) return (AttachmentEnd.AllFull, null);
        }

        var added = new Attachment("at_" + Guid.NewGuid().ToString("N")[..20], name, mediaType, content.Length, Convert.ToHexStringLower(hash), change.At, cause.By);
        await using (var insert = change.Command("INSERT INTO attachment VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
            .With(NpgsqlDbType.Text, added.Id).With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, Sql.Text(record)).With(NpgsqlDbType.Text, Sql.Text(name))
            .With(NpgsqlDbType.Text, mediaType).With(NpgsqlDbType.Integer, content.Length).With(NpgsqlDbType.Bytea, hash)
            .With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).With(NpgsqlDbType.Text, cause.By).With(NpgsqlDbType.Bytea, content))
            await insert.ExecuteNonQueryAsync(stop);

        // Last, so that the record's writers do not wait while the content is written.
        if (!await IsStill(change, kind, record, recordVersion, stop)) return (AttachmentEnd.Stale, null);
        await change.Commit(kind, record, "attach", Said(added), stop);
        return (AttachmentEnd.Added, added);
    }

    /// <summary>Takes one away.</summary>
    /// <param name="recordVersion">The record's version for which it was decided that this may be.</param>
    public async Task<AttachmentEnd> Delete(string kind, string record, long recordVersion, string id, ChangeCause cause, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        if (!await IsStill(change, kind, record, recordVersion, stop)) return AttachmentEnd.Stale;
        Attachment gone;
        await using (var delete = change.Command($"DELETE FROM attachment WHERE id = $3 AND kind = $1 AND record = $2 RETURNING {Columns}")
            .With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, Sql.Text(record)).With(NpgsqlDbType.Text, Sql.Text(id)))
        await using (var row = await delete.ExecuteReaderAsync(stop))
        {
            if (!await row.ReadAsync(stop)) return AttachmentEnd.Missing;
            gone = Read(row);
        }

        await change.Commit(kind, record, "detach", Said(gone), stop);
        return AttachmentEnd.Deleted;
    }

    /// <summary>
    /// Takes away those of a record that forgets a person. A statement of its own behind the record's write: it sees what was added until
    /// that write had the row, and who adds later finds the record changed.
    /// </summary>
    internal static async Task Forget(NpgsqlConnection connection, NpgsqlTransaction transaction, string kind, string record, CancellationToken stop)
    {
        await using var delete = new NpgsqlCommand("DELETE FROM attachment WHERE kind = $1 AND record = $2", connection, transaction)
            .With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, Sql.Text(record));
        await delete.ExecuteNonQueryAsync(stop);
    }

    // Nobody changes it, hands it over or puts it into the trash until this ends.
    private static async Task<bool> IsStill(AuditedChange change, string kind, string record, long version, CancellationToken stop)
    {
        await using var look = change.Command($"SELECT record_version FROM {RecordTable.Of(kind).Name} WHERE id = $1 AND deleted_at IS NULL FOR SHARE")
            .With(NpgsqlDbType.Text, Sql.Text(record));
        return await look.ExecuteScalarAsync(stop) is long now && now == version;
    }

    private static async Task<Attachment?> Same(AuditedChange change, string kind, string record, string name, byte[] hash, CancellationToken stop)
    {
        await using var command = change.Command($"SELECT {Columns} FROM attachment WHERE kind = $1 AND record = $2 AND name = $3 AND sha256 = $4")
            .With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, Sql.Text(record)).With(NpgsqlDbType.Text, Sql.Text(name)).With(NpgsqlDbType.Bytea, hash);
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? Read(row) : null;
    }

    private static JsonObject Said(Attachment attachment) => new()
    {
        ["attachment"] = attachment.Id, ["name"] = attachment.Name, ["mediaType"] = attachment.MediaType, ["size"] = attachment.Size, ["sha256"] = attachment.Sha256,
    };

    private static Attachment Read(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5), row.GetString(6));
}
