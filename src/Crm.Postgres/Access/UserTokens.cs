using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>The tokens of users in PostgreSQL. They end with the account's closing and with another password.</summary>
public sealed class UserTokens(NpgsqlDataSource database, TimeProvider clock)
{
    private const int ShownLength = 10;
    private const string Columns = "id, user_id, name, scope, shown, created_at, expires_at, used_at";

    private static readonly TimeSpan s_noted = TimeSpan.FromMinutes(1);

    /// <summary>Makes one; the answer is the only place where it ever stands. Null when the user has as many as can be, or may not come in.</summary>
    public async Task<(UserToken Token, string Secret)?> Create(
        string user, string name, TokenScope scope, TimeSpan works, ChangeCause cause, CancellationToken stop = default)
    {
        var secret = Secrets.Create(UserToken.Prefix);
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);

        // One at a time, so that they can be counted; those that are over make room.
        await using (var room = change.Command("select from crm_user where id = $1 and enabled for no key update").With(NpgsqlDbType.Text, user))
        await using (var row = await room.ExecuteReaderAsync(stop))
            if (!await row.ReadAsync(stop)) return null;
        await change.Command("delete from user_token where user_id = $1 and expires_at <= $2")
            .With(NpgsqlDbType.Text, user).With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).Run(stop);
        await using var insert = change.Command($"""
            insert into user_token (id, hash, user_id, name, scope, shown, created_at, expires_at)
            select $1, $2, $3, $4, $5, $6, $7, $8 where (select count(*) from user_token where user_id = $3) < {UserToken.MaxPerUser} returning {Columns}
            """)
            .With(NpgsqlDbType.Uuid, Guid.CreateVersion7(change.At)).With(NpgsqlDbType.Bytea, Secrets.Hash(secret)).With(NpgsqlDbType.Text, user)
            .With(NpgsqlDbType.Text, name).With(NpgsqlDbType.Text, Word(scope)).With(NpgsqlDbType.Text, secret[..ShownLength])
            .With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).With(NpgsqlDbType.TimestampTz, (change.At + works).UtcDateTime);
        UserToken made;
        await using (var row = await insert.ExecuteReaderAsync(stop))
        {
            if (!await row.ReadAsync(stop)) return null;
            made = Read(row);
        }

        await change.Commit("token", made.Id.ToString(), "create", Said(made), stop);
        return (made, secret);
    }

    /// <summary>The token of a secret, which is used by that; null when there is none, or it is over.</summary>
    public async Task<UserToken?> Find(string secret, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (secret.Length > Secrets.MaxLength || !secret.StartsWith(UserToken.Prefix, StringComparison.Ordinal)) return null;

        // Another request may note its use at the same time: then the first look still sees it unnoted, and no longer has to note it.
        return await Look(secret, stop) ?? await Look(secret, stop);
    }

    private async Task<UserToken?> Look(string secret, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        await using var command = database.CreateCommand($"""
            with used as (
              update user_token set used_at = $2 where hash = $1 and expires_at > $2 and (used_at is null or used_at < $3) returning {Columns})
            select {Columns} from used
            union all
            select {Columns} from user_token where hash = $1 and expires_at > $2 and used_at >= $3
            """)
            .With(NpgsqlDbType.Bytea, Secrets.Hash(secret)).With(NpgsqlDbType.TimestampTz, now.UtcDateTime)
            .With(NpgsqlDbType.TimestampTz, (now - s_noted).UtcDateTime);
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? Read(row) : null;
    }

    /// <summary>Tokens of a user that work, the newest first.</summary>
    public async Task<IReadOnlyList<UserToken>> Of(string user, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from user_token where user_id = $1 and expires_at > $2 order by created_at desc, id desc limit {UserToken.MaxPerUser}")
            .With(NpgsqlDbType.Text, Sql.Text(user)).With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var tokens = new List<UserToken>();
        while (await rows.ReadAsync(stop)) tokens.Add(Read(rows));
        return tokens;
    }

    /// <summary>Ends one token of a user, or all (null). Answers how many were ended.</summary>
    public async Task<int> End(string user, Guid? id, ChangeCause cause, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        var ended = await NoteEnd(change, $"delete from user_token where user_id = $1 and ($2 is null or id = $2) returning {Columns}", user, id, stop);
        if (ended > 0) await change.Commit(stop);
        return ended;
    }

    /// <summary>Says that all tokens of a user end, before a change of the account by which they do.</summary>
    internal static Task NoteEnd(AuditedChange change, string user, CancellationToken stop) =>
        NoteEnd(change, $"select {Columns} from user_token where user_id = $1 and ($2 is null or id = $2)", user, null, stop);

    private static async Task<int> NoteEnd(AuditedChange change, string sql, string user, Guid? id, CancellationToken stop)
    {
        var ended = new List<UserToken>();
        await using (var command = change.Command(sql).With(NpgsqlDbType.Text, Sql.Text(user)).With(NpgsqlDbType.Uuid, id))
        await using (var rows = await command.ExecuteReaderAsync(stop))
            while (await rows.ReadAsync(stop)) ended.Add(Read(rows));
        foreach (var token in ended) await change.Note("token", token.Id.ToString(), "end", Said(token), stop);
        return ended.Count;
    }

    private static JsonObject Said(UserToken token) => new()
    {
        ["user"] = token.User, ["name"] = token.Name, ["scope"] = Word(token.Scope), ["expiresAt"] = token.ExpiresAt.ToString("O"),
    };

    private static string Word(TokenScope scope) => scope switch
    {
        TokenScope.Read => "read",
        TokenScope.Write => "write",
        _ => "admin",
    };

    private static TokenScope Scope(string word) => word switch
    {
        "read" => TokenScope.Read,
        "write" => TokenScope.Write,
        _ => TokenScope.Admin,
    };

    private static UserToken Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetString(2), Scope(row.GetString(3)), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5),
        row.GetFieldValue<DateTimeOffset>(6), row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7));
}
