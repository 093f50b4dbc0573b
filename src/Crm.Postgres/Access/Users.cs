using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>The people of the CRM in PostgreSQL.</summary>
public sealed class Users(NpgsqlDataSource database, TimeProvider clock, SignInLimits? limits = null)
{
    /// <summary>Most users that are held in memory and listed at once; companies with more have another kind of directory.</summary>
    public const int MaxUsers = 10_000;

    private const string Columns =
        "id, user_name, name, role, email, team, language, enabled, password is not null, signed_in_at, record_version, created_at, updated_at";

    private readonly SignInLimits _limits = limits ?? new();

    /// <summary>Whether there is anybody.</summary>
    public async Task<bool> Any(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("select exists (select from crm_user)");
        return (bool)(await command.ExecuteScalarAsync(stop))!;
    }

    /// <summary>Makes a user; null when the name is taken.</summary>
    /// <param name="password">In plain text; null for one who is invited.</param>
    /// <param name="onlyFirst">Makes nobody when there is anybody.</param>
    public async Task<CrmUser?> Create(CrmUser user, string? password, bool onlyFirst = false, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);

        // Two who are the first at the same moment are told apart by whoever has the lock.
        await using (var @lock = new NpgsqlCommand("lock table crm_user in share row exclusive mode", connection, transaction))
            await @lock.ExecuteNonQueryAsync(stop);
        await using var insert = new NpgsqlCommand($"""
            insert into crm_user (id, user_name, name, role, email, team, language, enabled, password, created_at, updated_at)
            select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10
            where not ($11 and exists (select from crm_user)) and (select count(*) from crm_user) < {MaxUsers}
            on conflict do nothing returning {Columns}
            """, connection, transaction);
        Fields(insert, user).With(NpgsqlDbType.Text, password is null ? null : Passwords.Hash(user.UserName, password))
            .With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime).With(NpgsqlDbType.Boolean, onlyFirst);
        var made = await ReadOne(insert, stop);
        await transaction.CommitAsync(stop);
        return made;
    }

    /// <summary>A user; null when there is none.</summary>
    public async Task<CrmUser?> Get(string id, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from crm_user where id = $1 and ended_at is null").With(NpgsqlDbType.Text, Sql.Text(id));
        return await ReadOne(command, stop);
    }

    /// <summary>A user by user name, in any case; null when there is none.</summary>
    public async Task<CrmUser?> Named(string userName, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from crm_user where lower(user_name) = lower($1) and ended_at is null").With(NpgsqlDbType.Text, Sql.Text(userName));
        return await ReadOne(command, stop);
    }

    /// <summary>All users, by id.</summary>
    public async Task<IReadOnlyList<CrmUser>> List(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from crm_user where ended_at is null order by id limit $1").With(NpgsqlDbType.Integer, MaxUsers);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var users = new List<CrmUser>();
        while (await rows.ReadAsync(stop)) users.Add(Read(rows));
        return users;
    }

    /// <summary>Writes all of a user but id and password, if it is still in the version that it was read at. Null when it is not, or its new name is taken.</summary>
    /// <exception cref="LastAdministratorException">Nobody else could administer.</exception>
    public async Task<CrmUser?> Update(CrmUser user, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        await using var command = database.CreateCommand($"""
            update crm_user set user_name = $2, name = $3, role = $4, email = $5, team = $6, language = $7, enabled = $8, updated_at = $9,
              record_version = record_version + 1
            where id = $1 and record_version = $10 and ended_at is null
              and not exists (select from crm_user o where lower(o.user_name) = lower($2) and o.id <> $1 and o.ended_at is null)
            returning {Columns}
            """);
        Fields(command, user).With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime).With(NpgsqlDbType.Bigint, user.RecordVersion);
        return await LastAdministratorException.Watch(() => ReadOne(command, stop));
    }

    /// <summary>Ends an account for good; the row stays as the name of what the person did. False when there is none that has not ended.</summary>
    /// <exception cref="LastAdministratorException">It was the last one who administers.</exception>
    public async Task<bool> End(string id, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("""
            with ended as (
              update crm_user set enabled = false, ended_at = $2, password = null, email = null, updated_at = $2, record_version = record_version + 1
              where id = $1 and ended_at is null returning id),
            out as (delete from user_session where user_id in (select id from ended)),
            void as (delete from one_time_link where user_id in (select id from ended)),
            untold as (delete from notification where user_id in (select id from ended))
            select count(*) from ended
            """).With(NpgsqlDbType.Text, Sql.Text(id)).With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
        return await LastAdministratorException.Watch(async () => (long)(await command.ExecuteScalarAsync(stop))! == 1);
    }

    /// <summary>
    /// Sets a password, opens the account again where it was locked, and ends the user's sessions and unused links for a new password.
    /// False when there is no such user.
    /// </summary>
    public Task<bool> SetPassword(CrmUser user, string password, CancellationToken stop = default) => SetPassword(user, password, null, null, stop);

    /// <summary>Changes a password for who knows the old one; a wrong one counts as a wrong try to sign in. All sessions end but the one named.</summary>
    /// <returns><see cref="SignInEnd.Wrong"/> also when somebody else changed the account at the same moment.</returns>
    public async Task<SignInEnd> ChangePassword(string userName, string old, string password, Guid keptSession, CancellationToken stop = default)
    {
        var (end, user) = await Try(userName, old, stop);
        if (user is null) return end;
        return await SetPassword(user, password, keptSession, user.RecordVersion, stop) ? SignInEnd.Done : SignInEnd.Wrong;
    }

    /// <summary>Tries a user name and a password.</summary>
    /// <returns>The user only with <see cref="SignInEnd.Done"/>.</returns>
    public async Task<(SignInEnd End, CrmUser? User)> SignIn(string userName, string password, CancellationToken stop = default)
    {
        var (end, user) = await Try(userName, password, stop);
        if (user is null) return (end, null);
        await using var note = database.CreateCommand("update crm_user set wrong_tries = 0, locked_until = null, signed_in_at = $2 where id = $1")
            .With(NpgsqlDbType.Text, user.Id).With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
        await note.ExecuteNonQueryAsync(stop);
        return (SignInEnd.Done, user);
    }

    private async Task<(SignInEnd End, CrmUser? User)> Try(string userName, string password, CancellationToken stop)
    {
        var (user, hash, lockedUntil) = await Secret(userName, stop);
        var now = clock.GetUtcNow();

        // Also while it is locked, so that the answer comes as slowly; but then it counts for nothing.
        var right = Passwords.Match(userName, hash, password);
        if (user is null) return (SignInEnd.Wrong, null);
        if (lockedUntil > now) return (SignInEnd.Locked, null);
        if (!right) return (await NoteWrong(user.Id, now, stop) ? SignInEnd.Locks : SignInEnd.Wrong, null);
        return user.Enabled ? (SignInEnd.Done, user) : (SignInEnd.Closed, null);
    }

    private async Task<bool> SetPassword(CrmUser user, string password, Guid? keptSession, long? version, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(user);
        await using var command = database.CreateCommand("""
            with changed as (
              update crm_user set password = $2, wrong_tries = 0, locked_until = null, updated_at = $3, record_version = record_version + 1
              where id = $1 and ($5 is null or record_version = $5) returning id),
            ended as (delete from user_session where user_id in (select id from changed) and id is distinct from $4),
            void as (delete from one_time_link where user_id in (select id from changed) and purpose = 'reset' and used_at is null)
            select count(*) from changed
            """)
            .With(NpgsqlDbType.Text, user.Id).With(NpgsqlDbType.Text, Passwords.Hash(user.UserName, password))
            .With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime).With(NpgsqlDbType.Uuid, keptSession).With(NpgsqlDbType.Bigint, version);
        return (long)(await command.ExecuteScalarAsync(stop))! == 1;
    }

    private async Task<(CrmUser? User, string? Hash, DateTimeOffset? LockedUntil)> Secret(string userName, CancellationToken stop)
    {
        await using var command = database.CreateCommand($"select {Columns}, password, locked_until from crm_user where lower(user_name) = lower($1) and ended_at is null")
            .With(NpgsqlDbType.Text, Sql.Text(userName));
        await using var row = await command.ExecuteReaderAsync(stop);
        if (!await row.ReadAsync(stop)) return default;
        return (Read(row), row.IsDBNull(13) ? null : row.GetString(13), row.IsDBNull(14) ? null : row.GetFieldValue<DateTimeOffset>(14));
    }

    private async Task<bool> NoteWrong(string id, DateTimeOffset now, CancellationToken stop)
    {
        await using var command = database.CreateCommand("""
            update crm_user set
              wrong_tries = case when wrong_tries + 1 >= $2 then 0 else wrong_tries + 1 end,
              locked_until = case when wrong_tries + 1 >= $2 then $3 else locked_until end
            where id = $1 returning locked_until is not null and locked_until > $4
            """)
            .With(NpgsqlDbType.Text, id).With(NpgsqlDbType.Integer, _limits.WrongTries)
            .With(NpgsqlDbType.TimestampTz, (now + _limits.LockedFor).UtcDateTime).With(NpgsqlDbType.TimestampTz, now.UtcDateTime);
        return (bool?)await command.ExecuteScalarAsync(stop) ?? false;
    }

    private static NpgsqlCommand Fields(NpgsqlCommand command, CrmUser user) => command
        .With(NpgsqlDbType.Text, user.Id).With(NpgsqlDbType.Text, user.UserName).With(NpgsqlDbType.Text, user.Name).With(NpgsqlDbType.Text, user.Role)
        .With(NpgsqlDbType.Text, user.Email).With(NpgsqlDbType.Text, user.Team).With(NpgsqlDbType.Text, user.Language).With(NpgsqlDbType.Boolean, user.Enabled);

    private static async Task<CrmUser?> ReadOne(NpgsqlCommand command, CancellationToken stop)
    {
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
