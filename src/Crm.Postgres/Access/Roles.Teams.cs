using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>What belongs to a team beside its records.</summary>
/// <param name="Members">Users, also those whose accounts ended.</param>
/// <param name="Children">Teams right below it.</param>
public sealed record TeamUse(long Members, long Children);

/// <summary>Ending teams.</summary>
public sealed partial class Roles
{
    private const string LockTeams = "lock table team in share row exclusive mode";

    /// <summary>What belongs to a team; null when there is none.</summary>
    public async Task<TeamUse?> Use(string id, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("""
            select (select count(*) from crm_user where team = t.id and ended_at is null), (select count(*) from team c where c.parent = t.id) from team t where id = $1
            """).With(NpgsqlDbType.Text, Sql.Text(id));
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? new TeamUse(row.GetInt64(0), row.GetInt64(1)) : null;
    }

    /// <summary>
    /// Ends a team. Its members and the teams below it go to another, which does not stand below it; with null for that it must have
    /// none. False when that does not hold any more.
    /// </summary>
    public async Task<bool> EndTeam(string id, string? heir, ChangeCause cause, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        await change.Command(LockTeams).Run(stop);
        if (heir is not null && (await Ids("""
            with recursive below (id) as (select $1 collate "C" union select t.id from team t join below b on t.parent = b.id)
            select id from team where id = $2 and id not in (select id from below)
            """)).Count == 0)
            return false;

        // Ended accounts keep no team: nobody signs in with them.
        var members = await Ids("""
            update crm_user set team = case when ended_at is null then $2 end, record_version = record_version + 1
            where team = $1 and ($2 is not null or ended_at is not null) returning id
            """);
        var children = await Ids("update team set parent = $2, record_version = record_version + 1 where parent = $1 and $2 is not null returning id");
        await using var delete = change.Command(
            $"delete from team t where id = $1 and not exists (select from crm_user where team = t.id) and not exists (select from team c where c.parent = t.id) returning {TeamColumns}")
            .With(NpgsqlDbType.Text, Sql.Text(id));
        if (await One(delete, ReadTeam, stop) is not { } gone) return false;
        var said = Said(gone);
        (said["transferTo"], said["members"], said["teams"]) = (heir, new JsonArray([.. members]), new JsonArray([.. children]));
        await change.Commit("team", id, "end", said, stop);
        return true;

        async Task<IReadOnlyList<JsonNode>> Ids(string sql)
        {
            await using var command = change.Command(sql).With(NpgsqlDbType.Text, Sql.Text(id)).With(NpgsqlDbType.Text, heir);
            await using var rows = await command.ExecuteReaderAsync(stop);
            var ids = new List<JsonNode>();
            while (await rows.ReadAsync(stop)) ids.Add(rows.GetString(0));
            return ids;
        }
    }
}
