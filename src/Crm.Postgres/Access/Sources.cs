using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>The sources in PostgreSQL.</summary>
public sealed class Sources(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Most sources that one page lists, and that an API process keeps in memory.</summary>
    public const int MaxListed = 10_000;

    private const string Columns =
        "id, name, kind, allowed_origins, settings, retention_days, plan_violations, enabled, record_version, created_at, updated_at";

    /// <summary>Makes a source; null when there is one with this id.</summary>
    public async Task<Source?> Create(Source source, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        if (await Insert(change, source, stop) is not { } made) return null;
        await change.Commit(stop);
        return made;
    }

    /// <summary>The same within a change that needs the source.</summary>
    internal static async Task<Source?> Insert(AuditedChange change, Source source, CancellationToken stop)
    {
        var made = await ReadOne(Fields(change.Command($"""
            insert into source ({Columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9) on conflict do nothing returning {Columns}
            """), source, change.At), stop);
        if (made is not null) await change.Note("source", made.Id, "create", AuditChanges.Between(null, Said(made)), stop);
        return made;
    }

    /// <summary>A source; null when there is none.</summary>
    public Task<Source?> Get(string id, CancellationToken stop = default) =>
        ReadOne(database.CreateCommand($"select {Columns} from source where id = $1").With(NpgsqlDbType.Text, Sql.Text(id)), stop);

    /// <summary>Sources by id.</summary>
    /// <param name="after">The last id of the page before; null for the first page.</param>
    /// <param name="limit">Most sources of the page.</param>
    /// <param name="stop">Cancels the call.</param>
    public async Task<IReadOnlyList<Source>> List(string? after = null, int limit = MaxListed, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from source where id > $1 order by id limit $2")
            .With(NpgsqlDbType.Text, Sql.Text(after ?? "")).With(NpgsqlDbType.Integer, Math.Clamp(limit, 1, MaxListed));
        await using var rows = await command.ExecuteReaderAsync(stop);
        var sources = new List<Source>();
        while (await rows.ReadAsync(stop)) sources.Add(Read(rows));
        return sources;
    }

    /// <summary>Writes all of a source but its id, if it is still in the version that <paramref name="source"/> was read at.</summary>
    /// <returns>The source as it is now; null when there is none in that version.</returns>
    public async Task<Source?> Update(Source source, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        if (await Held(change, source.Id, stop) is not { } before || before.RecordVersion != source.RecordVersion) return null;
        var changed = await ReadOne(Fields(change.Command($"""
            update source set name = $2, kind = $3, allowed_origins = $4, settings = $5, retention_days = $6, plan_violations = $7,
              enabled = $8, updated_at = $9, record_version = record_version + 1
            where id = $1 returning {Columns}
            """), source, change.At), stop);
        var said = AuditChanges.Between(Said(before), Said(changed!));

        // What stands in them may open something elsewhere.
        if (before.Settings != changed!.Settings) said["settings"] = "changed";
        await change.Commit("source", source.Id, "edit", said, stop);
        return changed;
    }

    /// <summary>Removes a source with its keys and its plan. Its events stay.</summary>
    /// <param name="version">The version that must still stand; null for any.</param>
    public async Task<RecordWrite> Delete(string id, long? version, ChangeCause cause, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        if (await Held(change, id, stop) is not { } gone) return RecordWrite.Missing;
        if (version is { } wanted && wanted != gone.RecordVersion) return RecordWrite.Stale;
        await change.Command("delete from source where id = $1").With(NpgsqlDbType.Text, gone.Id).Run(stop);
        await change.Commit("source", gone.Id, "delete", AuditChanges.Between(Said(gone), null), stop);
        return RecordWrite.Done;
    }

    /// <summary>The number that every change of sources, keys and plans raises.</summary>
    public async Task<long> Revision(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("select revision from access_revision");
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    private static Task<Source?> Held(AuditedChange change, string id, CancellationToken stop) =>
        ReadOne(change.Command($"select {Columns} from source where id = $1 for no key update").With(NpgsqlDbType.Text, Sql.Text(id)), stop);

    private static JsonObject Said(Source source) => new()
    {
        ["name"] = source.Name, ["kind"] = source.Kind, ["allowedOrigins"] = new JsonArray([.. source.AllowedOrigins.Select(o => (JsonNode)o)]),
        ["retentionDays"] = source.RetentionDays, ["planViolations"] = Violations(source), ["enabled"] = source.Enabled,
    };

    private static string Violations(Source source) => source.RefusesViolations ? "refuse" : "keep";

    private static NpgsqlCommand Fields(NpgsqlCommand command, Source source, DateTimeOffset now) => command
        .With(NpgsqlDbType.Text, source.Id).With(NpgsqlDbType.Text, source.Name).With(NpgsqlDbType.Text, source.Kind)
        .WithArray(NpgsqlDbType.Text, source.AllowedOrigins).With(NpgsqlDbType.Text, source.Settings)
        .With(NpgsqlDbType.Integer, source.RetentionDays)
        .With(NpgsqlDbType.Text, Violations(source)).With(NpgsqlDbType.Boolean, source.Enabled)
        .With(NpgsqlDbType.TimestampTz, now.UtcDateTime);

    private static async Task<Source?> ReadOne(NpgsqlCommand command, CancellationToken stop)
    {
        await using var owned = command;
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? Read(row) : null;
    }

    private static Source Read(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2))
    {
        AllowedOrigins = row.GetFieldValue<string[]>(3),
        Settings = row.GetString(4),
        RetentionDays = row.IsDBNull(5) ? null : row.GetInt32(5),
        RefusesViolations = row.GetString(6) == "refuse",
        Enabled = row.GetBoolean(7),
        RecordVersion = row.GetInt64(8),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(9),
        UpdatedAt = row.GetFieldValue<DateTimeOffset>(10),
    };
}
