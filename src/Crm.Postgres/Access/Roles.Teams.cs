using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>What belongs to a team beside its records.</summary>
/// <param name="Members">Users, also those whose accounts ended.</param>
/// <param name="Children">Teams right below it.</param>
public sealed record TeamUse(long Members, long Children);

/// <summary>Ending teams.</summary>
public sealed partial class Roles
{
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
    public async Task<bool> EndTeam(string id, string? heir, CancellationToken stop = default)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await Run("lock table team in share row exclusive mode", 0);
        if (heir is not null && !await Run(
            "with recursive below (id) as (select $1 collate \"C\" union select t.id from team t join below b on t.parent = b.id) update team set updated_at = updated_at where id = $2 and id not in (select id from below)"))
            return false;

        // Ended accounts keep no team: nobody signs in with them.
        await Run("update crm_user set team = null where team = $1 and ended_at is not null", 1);
        if (heir is not null)
        {
            await Run("update crm_user set team = $2, record_version = record_version + 1 where team = $1");
            await Run("update team set parent = $2, record_version = record_version + 1 where parent = $1");
        }

        var ended = await Run("delete from team t where id = $1 and not exists (select from crm_user where team = t.id) and not exists (select from team c where c.parent = t.id)", 1);
        if (ended) await transaction.CommitAsync(stop);
        return ended;

        async Task<bool> Run(string sql, int names = 2)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            if (names > 0) command.With(NpgsqlDbType.Text, Sql.Text(id));
            if (names > 1) command.With(NpgsqlDbType.Text, heir);
            return await command.ExecuteNonQueryAsync(stop) > 0;
        }
    }
}
