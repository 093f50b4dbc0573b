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
    /// <exception cref="LastAdministratorException">Nobody else could administer.</exception>
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
        return await LastAdministratorException.Watch(async () =>
        {
            await using var row = await command.ExecuteReaderAsync(stop);
            return await row.ReadAsync(stop) ? Read(row) : null;
        });
    }

    /// <summary>Removes a role. False when there is none, it is the administrator's, or somebody has it.</summary>
    public async Task<bool> Delete(string id, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("delete from role r where id = $1 and id <> $2 and not exists (select from crm_user u where u.role = r.id and u.ended_at is null)")
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

    /// <summary>Makes a team, or changes it. Null when its parent is none, stands below it, or there are too many.</summary>
    public async Task<Team?> PutTeam(Team team, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(team);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);

        // Two who change the tree at once could close a circle between them.
        await using (var @lock = new NpgsqlCommand("lock table team in share row exclusive mode", connection, transaction))
            await @lock.ExecuteNonQueryAsync(stop);
        await using var command = new NpgsqlCommand($"""
            with recursive below (id) as (select $1::text collate "C" union select t.id from team t join below b on t.parent = b.id)
            insert into team as t (id, name, parent, created_at, updated_at)
            select $1, $2, $3, $4, $4
            where ($3::text is null or ($3 not in (select id from below) and $3 in (select id from team))) and (select count(*) from team) < {Max}
            on conflict (id) do update set name = excluded.name, parent = excluded.parent, updated_at = excluded.updated_at, record_version = t.record_version + 1
            returning record_version
            """, connection, transaction);
        command.With(NpgsqlDbType.Text, Sql.Text(team.Id)).With(NpgsqlDbType.Text, Sql.Text(team.Name)).With(NpgsqlDbType.Text, team.Parent)
            .With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
        var version = (long?)await command.ExecuteScalarAsync(stop);
        await transaction.CommitAsync(stop);
        return version is { } made ? team with { RecordVersion = made } : null;
    }

    private static Role Read(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1))
    {
        Administers = row.GetBoolean(2),
        Rights = JsonSerializer.Deserialize(row.GetString(3), RightsJson.Default.IReadOnlyDictionaryStringKindRights)!,
        RecordVersion = row.GetInt64(4),
    };

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true)]
    [JsonSerializable(typeof(IReadOnlyDictionary<string, KindRights>))]
    private sealed partial class RightsJson : JsonSerializerContext;
}
