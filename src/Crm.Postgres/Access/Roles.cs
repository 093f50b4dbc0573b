using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Crm.Auditing;
using Crm.Records;
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

    private const string Columns = "id, name, administers, rights, record_version";
    private const string TeamColumns = "id, name, parent, record_version";

    /// <summary>All roles by id.</summary>
    public async Task<IReadOnlyList<Role>> List(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from role order by id limit $1").With(NpgsqlDbType.Integer, Max);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var roles = new List<Role>();
        while (await rows.ReadAsync(stop)) roles.Add(Read(rows));
        return roles;
    }

    /// <summary>Makes a role, or writes one that is still in the version that was read. Null when it is not, or there are too many.</summary>
    /// <exception cref="LastAdministratorException">Nobody else could administer.</exception>
    public async Task<Role?> Put(Role role, bool isNew, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(role);
        if (role.Id == Role.Administrator) return null;
        return await LastAdministratorException.Watch(async () =>
        {
            await using var change = await AuditedChange.Begin(database, clock, cause, stop);
            var before = isNew ? null : await Held(change, role.Id, stop);
            if (!isNew && before?.RecordVersion != role.RecordVersion) return null;
            await using var write = change.Command(isNew
                ? $"insert into role (id, name, administers, rights, created_at, updated_at) select $1, $2, $3, $4, $5, $5 where (select count(*) from role) < {Max} on conflict do nothing returning {Columns}"
                : $"update role set name = $2, administers = $3, rights = $4, updated_at = $5, record_version = record_version + 1 where id = $1 returning {Columns}")
                .With(NpgsqlDbType.Text, role.Id).With(NpgsqlDbType.Text, role.Name).With(NpgsqlDbType.Boolean, role.Administers)
                .With(NpgsqlDbType.Jsonb, Rights(role)).With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime);
            if (await One(write, Read, stop) is not { } put) return null;
            await change.Commit("role", put.Id, isNew ? "create" : "edit", AuditChanges.Between(before is null ? null : Said(before), Said(put)), stop);
            return put;
        });
    }

    /// <summary>Removes a role. False when there is none, it is the administrator's, or somebody has it.</summary>
    public async Task<bool> Delete(string id, ChangeCause cause, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        await using var delete = change.Command(
            $"delete from role r where id = $1 and id <> $2 and not exists (select from crm_user u where u.role = r.id and u.ended_at is null) returning {Columns}")
            .With(NpgsqlDbType.Text, Sql.Text(id)).With(NpgsqlDbType.Text, Role.Administrator);
        if (await One(delete, Read, stop) is not { } gone) return false;
        await change.Commit("role", id, "delete", AuditChanges.Between(Said(gone), null), stop);
        return true;
    }

    /// <summary>All teams by id.</summary>
    public async Task<IReadOnlyList<Team>> Teams(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {TeamColumns} from team order by id limit $1").With(NpgsqlDbType.Integer, Max);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var teams = new List<Team>();
        while (await rows.ReadAsync(stop)) teams.Add(ReadTeam(rows));
        return teams;
    }

    /// <summary>Makes a team, or changes it. Null when its parent is none, stands below it, or there are too many.</summary>
    public async Task<Team?> PutTeam(Team team, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(team);
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);

        // Two who change the tree at once could close a circle between them.
        await change.Command(LockTeams).Run(stop);
        var before = await One(change.Command($"select {TeamColumns} from team where id = $1").With(NpgsqlDbType.Text, Sql.Text(team.Id)), ReadTeam, stop);
        await using var put = change.Command($"""
            with recursive below (id) as (select $1::text collate "C" union select t.id from team t join below b on t.parent = b.id)
            insert into team as t (id, name, parent, created_at, updated_at)
            select $1, $2, $3, $4, $4
            where ($3::text is null or ($3 not in (select id from below) and $3 in (select id from team))) and (select count(*) from team) < {Max}
            on conflict (id) do update set name = excluded.name, parent = excluded.parent, updated_at = excluded.updated_at, record_version = t.record_version + 1
            returning {TeamColumns}
            """).With(NpgsqlDbType.Text, Sql.Text(team.Id)).With(NpgsqlDbType.Text, Sql.Text(team.Name)).With(NpgsqlDbType.Text, team.Parent)
            .With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime);
        if (await One(put, ReadTeam, stop) is not { } made) return null;
        await change.Commit("team", made.Id, before is null ? "create" : "edit", AuditChanges.Between(before is null ? null : Said(before), Said(made)), stop);
        return made;
    }

    private static Task<Role?> Held(AuditedChange change, string id, CancellationToken stop) =>
        One(change.Command($"select {Columns} from role where id = $1 for no key update").With(NpgsqlDbType.Text, id), Read, stop);

    private static async Task<T?> One<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken stop)
        where T : class
    {
        await using var owned = command;
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? read(row) : null;
    }

    private static JsonObject Said(Role role) => new() { ["name"] = role.Name, ["administers"] = role.Administers, ["rights"] = JsonNode.Parse(Rights(role)) };

    private static JsonObject Said(Team team) => new() { ["name"] = team.Name, ["parent"] = team.Parent };

    private static string Rights(Role role) => JsonSerializer.Serialize(role.Rights, RightsJson.Default.IReadOnlyDictionaryStringKindRights);

    private static Team ReadTeam(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2)) { RecordVersion = row.GetInt64(3) };

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
