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
}

/// <summary>Files of records: rows, so that one transaction holds them, one backup carries them, and they go with the record's own end.</summary>
/// <param name="database">Where they stand.</param>
/// <param name="clock">For their times.</param>
/// <param name="maxBytes">What all together may hold.</param>
public sealed class Attachments(NpgsqlDataSource database, TimeProvider clock, long maxBytes) : IDisposable
{
    /// <summary>Longest file.</summary>
    public const int MaxBytes = 10 * 1024 * 1024;

    /// <summary>Most files of one record.</summary>
    public const int MaxOfRecord = 20;

    /// <summary>Contents in memory at a time; others wait.</summary>
    private const int MaxAtOnce = 4;

    private const string Columns = "id, name, media_type, size, encode(sha256, 'hex'), created_at, created_by";

    private readonly SemaphoreSlim _contents = new(MaxAtOnce);

    /// <summary>Waits until there is room in memory for one more content; it is given back by the answer's end.</summary>
    public async Task<IDisposable> Room(CancellationToken stop = default)
    {
        await _contents.WaitAsync(stop);
        return new Place(_contents);
    }

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

    /// <summary>One with its content; null when the record has none of that id.</summary>
    public async Task<(Attachment Attachment, byte[] Content)?> Get(string kind, string record, string id, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"SELECT {Columns}, content FROM attachment WHERE id = $3 AND kind = $1 AND record = $2")
            .With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, Sql.Text(record)).With(NpgsqlDbType.Text, Sql.Text(id));
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? (Read(row), row.GetFieldValue<byte[]>(7)) : null;
    }

    /// <summary>Adds one. Of two at the same time that would be one too many, one is refused.</summary>
    public async Task<(AttachmentEnd End, Attachment? Attachment)> Add(
        string kind, string record, string name, string mediaType, byte[] content, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(cause);
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        await using (var alone = change.Command("SELECT pg_advisory_xact_lock(hashtextextended('attachment', 0))")) await alone.ExecuteNonQueryAsync(stop);
        var hash = System.Security.Cryptography.SHA256.HashData(content);
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
        await change.Commit(kind, record, "attach", Said(added), stop);
        return (AttachmentEnd.Added, added);
    }

    /// <summary>Takes one away. False when the record has none of that id.</summary>
    public async Task<bool> Delete(string kind, string record, string id, ChangeCause cause, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        Attachment gone;
        await using (var delete = change.Command($"DELETE FROM attachment WHERE id = $3 AND kind = $1 AND record = $2 RETURNING {Columns}")
            .With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, Sql.Text(record)).With(NpgsqlDbType.Text, Sql.Text(id)))
        await using (var row = await delete.ExecuteReaderAsync(stop))
        {
            if (!await row.ReadAsync(stop)) return false;
            gone = Read(row);
        }

        await change.Commit(kind, record, "detach", Said(gone), stop);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _contents.Dispose();

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

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0) places.Release();
        }
    }
}
