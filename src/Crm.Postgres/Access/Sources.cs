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
    public async Task<Source?> Create(Source source, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var command = database.CreateCommand($"""
            insert into source ({Columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9) on conflict do nothing returning {Columns}
            """);
        return await ReadOne(Fields(command, source), stop);
    }

    /// <summary>A source; null when there is none.</summary>
    public async Task<Source?> Get(string id, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from source where id = $1").With(NpgsqlDbType.Text, Sql.Text(id));
        return await ReadOne(command, stop);
    }

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
    public async Task<Source?> Update(Source source, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var command = database.CreateCommand($"""
            update source set name = $2, kind = $3, allowed_origins = $4, settings = $5, retention_days = $6, plan_violations = $7,
              enabled = $8, updated_at = $9, record_version = record_version + 1
            where id = $1 and record_version = $10 returning {Columns}
            """);
        return await ReadOne(Fields(command, source).With(NpgsqlDbType.Bigint, source.RecordVersion), stop);
    }

    /// <summary>Removes a source with its keys and its plan. Its events stay.</summary>
    /// <param name="version">The version that must still stand; null for any.</param>
    public async Task<RecordWrite> Delete(string id, long? version, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("delete from source where id = $1 and ($2 is null or record_version = $2)")
            .With(NpgsqlDbType.Text, Sql.Text(id)).With(NpgsqlDbType.Bigint, version);
        if (await command.ExecuteNonQueryAsync(stop) == 1) return RecordWrite.Done;
        return await Get(id, stop) is null ? RecordWrite.Missing : RecordWrite.Stale;
    }

    /// <summary>The number that every change of sources, keys and plans raises.</summary>
    public async Task<long> Revision(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("select revision from access_revision");
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    private NpgsqlCommand Fields(NpgsqlCommand command, Source source) => command
        .With(NpgsqlDbType.Text, source.Id).With(NpgsqlDbType.Text, source.Name).With(NpgsqlDbType.Text, source.Kind)
        .WithArray(NpgsqlDbType.Text, source.AllowedOrigins).With(NpgsqlDbType.Text, source.Settings)
        .With(NpgsqlDbType.Integer, source.RetentionDays)
        .With(NpgsqlDbType.Text, source.RefusesViolations ? "refuse" : "keep").With(NpgsqlDbType.Boolean, source.Enabled)
        .With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);

    private static async Task<Source?> ReadOne(NpgsqlCommand command, CancellationToken stop)
    {
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
