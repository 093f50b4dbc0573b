using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>Passwords: tried, chosen by a link, changed.</summary>
public sealed partial class Users
{
    private readonly SignInLimits _limits = limits ?? new();

    /// <summary>Sets a password for who has the link of an invitation or a reset, which is used up by that. False when it does not work any more.</summary>
    public async Task<bool> ChoosePassword(CrmUser user, string password, LinkPurpose purpose, string token, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        if (await OneTimeLinks.Use(change, purpose, token, stop) is not { Works: true } used || used.User != user.Id) return false;
        return await SetPassword(change, user, password, null, null, purpose == LinkPurpose.Invite ? "invitation" : "reset link", stop);
    }

    /// <summary>Changes a password for who knows the old one; a wrong one counts as a wrong try to sign in. All sessions end but the one named.</summary>
    /// <returns><see cref="SignInEnd.Wrong"/> also when somebody else changed the account at the same moment.</returns>
    public async Task<SignInEnd> ChangePassword(string userName, string old, string password, Guid keptSession, ChangeCause cause, CancellationToken stop = default)
    {
        var (end, user) = await Try("password-failed", userName, old, cause, stop);
        if (user is null) return end;
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        return await SetPassword(change, user, password, keptSession, user.RecordVersion, "old password", stop) ? SignInEnd.Done : SignInEnd.Wrong;
    }

    /// <summary>Tries a user name and a password.</summary>
    /// <returns>The user only with <see cref="SignInEnd.Done"/>.</returns>
    public async Task<(SignInEnd End, CrmUser? User)> SignIn(string userName, string password, ChangeCause cause, CancellationToken stop = default)
    {
        var (end, user) = await Try("sign-in-failed", userName, password, cause, stop);
        if (user is null) return (end, null);
        await using var note = database.CreateCommand("update crm_user set wrong_tries = 0, locked_until = null, signed_in_at = $2 where id = $1")
            .With(NpgsqlDbType.Text, user.Id).With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
        await note.ExecuteNonQueryAsync(stop);
        return (SignInEnd.Done, user);
    }

    private async Task<(SignInEnd End, CrmUser? User)> Try(string failure, string userName, string password, ChangeCause cause, CancellationToken stop)
    {
        var (user, hash, lockedUntil) = await Secret(userName, stop);

        // Also while it is locked, so that the answer comes as slowly; but then it counts for nothing.
        var right = Passwords.Match(userName, hash, password);
        var end = user is null ? SignInEnd.Wrong
            : lockedUntil > clock.GetUtcNow() ? SignInEnd.Locked
            : !right ? SignInEnd.Wrong
            : user.Enabled ? SignInEnd.Done : SignInEnd.Closed;
        return end == SignInEnd.Done ? (end, user) : (await Failed(failure, user, end, cause, stop), null);
    }

    // A name that nobody has is not written down: it may be a password in the wrong field.
    private async Task<SignInEnd> Failed(string action, CrmUser? user, SignInEnd end, ChangeCause cause, CancellationToken stop)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        var locks = user is not null && end == SignInEnd.Wrong && await CountWrong(change, user.Id, stop);
        var failure = new JsonObject
        {
            ["reason"] = user is null ? "unknown" : end switch
            {
                SignInEnd.Locked => "locked",
                SignInEnd.Closed => "closed",
                _ => "wrong",
            },
        };
        if (!locks)
        {
            await change.Commit("user", user?.Id ?? "", action, failure, stop);
            return end;
        }

        await change.Note("user", user!.Id, action, failure, stop);
        await change.Commit("user", user.Id, "lock", [], stop);
        return SignInEnd.Locks;
    }

    private async Task<bool> CountWrong(AuditedChange change, string id, CancellationToken stop)
    {
        await using var command = change.Command("""
            update crm_user set
              wrong_tries = case when wrong_tries + 1 >= $2 then 0 else wrong_tries + 1 end,
              locked_until = case when wrong_tries + 1 >= $2 then $3 else locked_until end
            where id = $1 returning locked_until is not null and locked_until > $4
            """)
            .With(NpgsqlDbType.Text, id).With(NpgsqlDbType.Integer, _limits.WrongTries)
            .With(NpgsqlDbType.TimestampTz, (change.At + _limits.LockedFor).UtcDateTime).With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime);
        return (bool?)await command.ExecuteScalarAsync(stop) ?? false;
    }

    // The account opens again where it was locked; sessions, tokens and links that wait for another password end.
    private static async Task<bool> SetPassword(
        AuditedChange change, CrmUser user, string password, Guid? keptSession, long? version, string by, CancellationToken stop)
    {
        if (await Held(change, user.Id, stop) is not { } now || (version ?? now.RecordVersion) != now.RecordVersion) return false;
        await UserTokens.NoteEnd(change, user.Id, stop);
        await change.Command("""
            update crm_user set password = $2, wrong_tries = 0, locked_until = null, updated_at = $3, record_version = record_version + 1 where id = $1
            """)
            .With(NpgsqlDbType.Text, user.Id).With(NpgsqlDbType.Text, Passwords.Hash(user.UserName, password))
            .With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).Run(stop);
        await change.Command("delete from one_time_link where user_id = $1 and purpose = 'reset' and used_at is null").With(NpgsqlDbType.Text, user.Id).Run(stop);
        await Sessions.End(change, user.Id, keptSession, stop);
        await change.Commit("user", user.Id, "password", new JsonObject { ["by"] = by }, stop);
        return true;
    }

    private async Task<(CrmUser? User, string? Hash, DateTimeOffset? LockedUntil)> Secret(string userName, CancellationToken stop)
    {
        await using var command = database.CreateCommand($"select {Columns}, password, locked_until from crm_user where lower(user_name) = lower($1) and ended_at is null")
            .With(NpgsqlDbType.Text, Sql.Text(userName));
        await using var row = await command.ExecuteReaderAsync(stop);
        if (!await row.ReadAsync(stop)) return default;
        return (Read(row), row.IsDBNull(13) ? null : row.GetString(13), row.IsDBNull(14) ? null : row.GetFieldValue<DateTimeOffset>(14));
    }
}
