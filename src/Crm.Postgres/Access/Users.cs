using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>The people of the CRM in PostgreSQL.</summary>
public sealed partial class Users(NpgsqlDataSource database, TimeProvider clock, SignInLimits? limits = null)
{
    /// <summary>Most users that are held in memory and listed at once; companies with more have another kind of directory.</summary>
    public const int MaxUsers = 10_000;

    private const string Columns =
        "id, user_name, name, role, email, team, language, enabled, password is not null, signed_in_at, record_version, created_at, updated_at";

    /// <summary>Whether there is anybody.</summary>
    public async Task<bool> Any(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("select exists (select from crm_user)");
        return (bool)(await command.ExecuteScalarAsync(stop))!;
    }

    /// <summary>Makes a user; null when the name is taken, or <paramref name="setup"/> does not work any more.</summary>
    /// <param name="password">In plain text; null for one who is invited.</param>
    /// <param name="onlyFirst">Makes nobody when there is anybody.</param>
    /// <param name="setup">A set-up link's token, which is used up by that; null where none is needed.</param>
    public async Task<CrmUser?> Create(
        CrmUser user, string? password, ChangeCause cause, bool onlyFirst = false, string? setup = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(user);

        // It takes long on purpose, and nobody waits for a lock so long.
        var hash = password is null ? null : Passwords.Hash(user.UserName, password);
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);

        // Two who are the first at the same moment are told apart by whoever has the lock.
        await change.Command("lock table crm_user in share row exclusive mode").Run(stop);
        if (setup is not null && !(await OneTimeLinks.Use(change, LinkPurpose.Setup, setup, stop)).Works) return null;
        await using var insert = change.Command($"""
            insert into crm_user (id, user_name, name, role, email, team, language, enabled, password, created_at, updated_at)
            select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10
            where not ($11 and exists (select from crm_user)) and (select count(*) from crm_user) < {MaxUsers}
            on conflict do nothing returning {Columns}
            """);
        Fields(insert, user).With(NpgsqlDbType.Text, hash)
            .With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).With(NpgsqlDbType.Boolean, onlyFirst);
        if (await ReadOne(insert, stop) is not { } made) return null;
        await change.Commit("user", made.Id, "create", AuditChanges.Between(null, Said(made)), stop);
        return made;
    }

    /// <summary>A user; null when there is none.</summary>
    public Task<CrmUser?> Get(string id, CancellationToken stop = default) =>
        ReadOne(database.CreateCommand($"select {Columns} from crm_user where id = $1 and ended_at is null").With(NpgsqlDbType.Text, Sql.Text(id)), stop);

    /// <summary>A user by user name, in any case; null when there is none.</summary>
    public Task<CrmUser?> Named(string userName, CancellationToken stop = default) =>
        ReadOne(database.CreateCommand($"select {Columns} from crm_user where lower(user_name) = lower($1) and ended_at is null").With(NpgsqlDbType.Text, Sql.Text(userName)), stop);

    /// <summary>All users, by id.</summary>
    public async Task<IReadOnlyList<CrmUser>> List(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from crm_user where ended_at is null order by id limit $1").With(NpgsqlDbType.Integer, MaxUsers);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var users = new List<CrmUser>();
        while (await rows.ReadAsync(stop)) users.Add(Read(rows));
        return users;
    }

    /// <summary>
    /// Writes all of a user but id and password, if it is still in the version that it was read at; who is closed out is signed out
    /// everywhere. Null when it is in another version, or its new name is taken.
    /// </summary>
    /// <exception cref="LastAdministratorException">Nobody else could administer.</exception>
    public Task<CrmUser?> Update(CrmUser user, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        return LastAdministratorException.Watch(async () =>
        {
            await using var change = await AuditedChange.Begin(database, clock, cause, stop);
            if (await Held(change, user.Id, stop) is not { } before || before.RecordVersion != user.RecordVersion) return null;
            if (!user.Enabled) await UserTokens.NoteEnd(change, user.Id, stop);
            await using var update = change.Command($"""
                update crm_user set user_name = $2, name = $3, role = $4, email = $5, team = $6, language = $7, enabled = $8, updated_at = $9,
                  record_version = record_version + 1
                where id = $1 and not exists (select from crm_user o where lower(o.user_name) = lower($2) and o.id <> $1 and o.ended_at is null)
                returning {Columns}
                """);
            Fields(update, user).With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime);
            if (await ReadOne(update, stop) is not { } changed) return null;
            if (!user.Enabled) await Sessions.End(change, user.Id, null, stop);
            await change.Commit("user", user.Id, "edit", AuditChanges.Between(Said(before), Said(changed)), stop);
            return changed;
        });
    }

    /// <summary>Ends an account for good; the row stays as the name of what the person did. False when there is none that has not ended.</summary>
    /// <param name="heir">Who got the person's records; null for nobody.</param>
    /// <exception cref="LastAdministratorException">It was the last one who administers.</exception>
    public Task<bool> End(string id, string? heir, ChangeCause cause, CancellationToken stop = default) => LastAdministratorException.Watch(async () =>
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        if (await Held(change, id, stop) is not { } user) return false;
        await UserTokens.NoteEnd(change, id, stop);
        await change.Command("""
            update crm_user set enabled = false, ended_at = $2, password = null, email = null, updated_at = $2, record_version = record_version + 1 where id = $1
            """).With(NpgsqlDbType.Text, id).With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).Run(stop);
        await change.Command("delete from one_time_link where user_id = $1").With(NpgsqlDbType.Text, id).Run(stop);
        await change.Command("delete from notification where user_id = $1").With(NpgsqlDbType.Text, id).Run(stop);
        await change.Command("delete from user_preference where user_id = $1").With(NpgsqlDbType.Text, id).Run(stop);
        await Sessions.End(change, id, null, stop);
        await change.Commit("user", id, "end", new JsonObject { ["userName"] = user.UserName, ["transferTo"] = heir }, stop);
        return true;
    });

    // The row first, then what hangs on it: two who change accounts at once wait for each other in one order.
    private static Task<CrmUser?> Held(AuditedChange change, string id, CancellationToken stop) => ReadOne(
        change.Command($"select {Columns} from crm_user where id = $1 and ended_at is null for no key update").With(NpgsqlDbType.Text, Sql.Text(id)), stop);

    // Never a password, nor anything that opens something.
    private static JsonObject Said(CrmUser user) => new()
    {
        ["userName"] = user.UserName, ["name"] = user.Name, ["email"] = user.Email, ["role"] = user.Role, ["team"] = user.Team,
        ["language"] = user.Language, ["enabled"] = user.Enabled,
    };

    private static NpgsqlCommand Fields(NpgsqlCommand command, CrmUser user) => command
        .With(NpgsqlDbType.Text, user.Id).With(NpgsqlDbType.Text, user.UserName).With(NpgsqlDbType.Text, user.Name).With(NpgsqlDbType.Text, user.Role)
        .With(NpgsqlDbType.Text, user.Email).With(NpgsqlDbType.Text, user.Team).With(NpgsqlDbType.Text, user.Language).With(NpgsqlDbType.Boolean, user.Enabled);

    private static async Task<CrmUser?> ReadOne(NpgsqlCommand command, CancellationToken stop)
    {
        await using var owned = command;
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? Read(row) : null;
    }

    private static CrmUser Read(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3))
    {
        Email = row.IsDBNull(4) ? null : row.GetString(4),
        Team = row.IsDBNull(5) ? null : row.GetString(5),
        Language = row.GetString(6),
        Enabled = row.GetBoolean(7),
        HasPassword = row.GetBoolean(8),
        SignedInAt = row.IsDBNull(9) ? null : row.GetFieldValue<DateTimeOffset>(9),
        RecordVersion = row.GetInt64(10),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(11),
        UpdatedAt = row.GetFieldValue<DateTimeOffset>(12),
    };
}
