using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>What people who share a kind of work may do.</summary>
/// <param name="Id">Never changes.</param>
/// <param name="Name">What people call it.</param>
public sealed record Role(string Id, string Name)
{
    /// <summary>The role that can neither be changed nor removed.</summary>
    public const string Administrator = "administrator";

    /// <summary>May administer, and do everything.</summary>
    public bool Administers { get; init; }

    /// <summary>By kind of record; nothing of a kind that is not there.</summary>
    public IReadOnlyDictionary<string, KindRights> Rights { get; init; } = new Dictionary<string, KindRights>();

    public long RecordVersion { get; init; } = 1;
}

/// <summary>People who work together.</summary>
/// <param name="Id">Never changes; records name the team by it.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Parent">The team above; null for none.</param>
public sealed record Team(string Id, string Name, string? Parent)
{
    public long RecordVersion { get; init; } = 1;
}

/// <summary>Roles and teams in PostgreSQL.</summary>
public sealed partial class Roles(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Most roles, and most teams.</summary>
    public const int Max = 1_000;

    /// <summary>All roles by id.</summary>
    public async Task<IReadOnlyList<Role>> List(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("select id, name, administers, rights, record_version from role order by id limit $1").With(NpgsqlDbType.Integer, Max);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var roles = new List<Role>();
        while (await rows.ReadAsync(stop)) roles.Add(Read(rows));
        return roles;
    }

    /// <summary>Makes a role, or writes one that is still in the version that was read. Null when it is not, or there are too many.</summary>
    public async Task<Role?> Put(Role role, bool isNew, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(role);
        if (role.Id == Role.Administrator) return null;
        await using var command = database.CreateCommand(isNew
            ? $"insert into role (id, name, administers, rights, created_at, updated_at) select $1, $2, $3, $4, $5, $5 where $6 = 1 and (select count(*) from role) < {Max} on conflict do nothing returning id, name, administers, rights, record_version"
            : "update role set name = $2, administers = $3, rights = $4, updated_at = $5, record_version = record_version + 1 where id = $1 and record_version = $6 returning id, name, administers, rights, record_version")
            .With(NpgsqlDbType.Text, role.Id).With(NpgsqlDbType.Text, role.Name).With(NpgsqlDbType.Boolean, role.Administers)
            .With(NpgsqlDbType.Jsonb, JsonSerializer.Serialize(role.Rights, RightsJson.Default.IReadOnlyDictionaryStringKindRights))
            .With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime).With(NpgsqlDbType.Bigint, role.RecordVersion);
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? Read(row) : null;
    }

    /// <summary>Removes a role. False when there is none, it is the administrator's, or somebody has it.</summary>
    public async Task<bool> Delete(string id, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("delete from role r where id = $1 and id <> $2 and not exists (select from crm_user u where u.role = r.id)")
            .With(NpgsqlDbType.Text, Sql.Text(id)).With(NpgsqlDbType.Text, Role.Administrator);
        return await command.ExecuteNonQueryAsync(stop) == 1;
    }

    /// <summary>All teams by id.</summary>
    public async Task<IReadOnlyList<Team>> Teams(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("select id, name, parent, record_version from team order by id limit $1").With(NpgsqlDbType.Integer, Max);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var teams = new List<Team>();
        while (await rows.ReadAsync(stop))
            teams.Add(new Team(rows.GetString(0), rows.GetString(1), rows.IsDBNull(2) ? null : rows.GetString(2)) { RecordVersion = rows.GetInt64(3) });
        return teams;
    }

    private static Role Read(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1))
    {
        Administers = row.GetBoolean(2),
        Rights = JsonSerializer.Deserialize(row.GetString(3), RightsJson.Default.IReadOnlyDictionaryStringKindRights)!,
        RecordVersion = row.GetInt64(4),
    };

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
    [JsonSerializable(typeof(IReadOnlyDictionary<string, KindRights>))]
    private sealed partial class RightsJson : JsonSerializerContext;
}
