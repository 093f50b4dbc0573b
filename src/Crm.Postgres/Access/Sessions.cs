using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>Where a user is signed in.</summary>
public sealed record UserSession(Guid Id, string User, DateTimeOffset CreatedAt, DateTimeOffset UsedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>Network address of the sign-in.</summary>
    public string? Address { get; init; }

    /// <summary>What the browser called itself.</summary>
    public string? Agent { get; init; }
}

/// <summary>The sessions of people in PostgreSQL.</summary>
public sealed class Sessions(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Of a session's token.</summary>
    public const string Prefix = "st_";

    /// <summary>Sessions of one user; the one that was used longest ago ends.</summary>
    public const int MaxPerUser = 50;

    private const int MaxAgentLength = 300;

    /// <summary>Unused for so long, it is over; it is used when it is asked for, noted at most once a minute.</summary>
    public static readonly TimeSpan IdleFor = TimeSpan.FromDays(14);

    private static readonly TimeSpan s_noted = TimeSpan.FromMinutes(1);

    private const string Columns = "id, user_id, created_at, used_at, expires_at, address, agent";

    /// <summary>Begins a session, which signs its user in; the answer is the only place where its token ever stands.</summary>
    public async Task<(UserSession Session, string Token)> Begin(string user, string? address, string? agent, ChangeCause cause, CancellationToken stop = default)
    {
        var token = Secrets.Create(Prefix);
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        await using var begin = change.Command($"""
            insert into user_session (id, hash, user_id, created_at, used_at, expires_at, address, agent)
            values ($1, $2, $3, $4, $4, $5, $6, $7) returning {Columns}
            """)
            .With(NpgsqlDbType.Uuid, Guid.CreateVersion7(change.At)).With(NpgsqlDbType.Bytea, Secrets.Hash(token)).With(NpgsqlDbType.Text, user)
            .With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).With(NpgsqlDbType.TimestampTz, (change.At + IdleFor).UtcDateTime)
            .With(NpgsqlDbType.Text, address).With(NpgsqlDbType.Text, agent is null ? null : Sql.Text(agent[..Math.Min(agent.Length, MaxAgentLength)]));
        UserSession session;
        await using (var row = await begin.ExecuteReaderAsync(stop))
        {
            await row.ReadAsync(stop);
            session = Read(row);
        }

        await Ended(change, user, "id in (select id from user_session where user_id = $1 order by used_at desc, id desc offset $2)", NpgsqlDbType.Integer, MaxPerUser, stop);
        await change.Commit("user", user, "sign-in", new JsonObject { ["session"] = session.Id.ToString() }, stop);
        return (session, token);
    }

    /// <summary>The session of a token, which is used by that; null when there is none, or it is over.</summary>
    public async Task<UserSession?> Find(string token, CancellationToken stop = default)
    {
        if (token.Length > Secrets.MaxLength || !token.StartsWith(Prefix, StringComparison.Ordinal)) return null;

        // Another request may note its use at the same time: then the first look still sees it unnoted, and no longer has to note it.
        return await Look(token, stop) ?? await Look(token, stop);
    }

    private async Task<UserSession?> Look(string token, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        await using var command = database.CreateCommand($"""
            with used as (
              update user_session set used_at = $2, expires_at = $3 where hash = $1 and expires_at > $2 and used_at < $4 returning {Columns})
            select {Columns} from used
            union all
            select {Columns} from user_session where hash = $1 and expires_at > $2 and used_at >= $4
            """)
            .With(NpgsqlDbType.Bytea, Secrets.Hash(token)).With(NpgsqlDbType.TimestampTz, now.UtcDateTime)
            .With(NpgsqlDbType.TimestampTz, (now + IdleFor).UtcDateTime).With(NpgsqlDbType.TimestampTz, (now - s_noted).UtcDateTime);
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? Read(row) : null;
    }

    /// <summary>Sessions of a user, the newest first.</summary>
    public async Task<IReadOnlyList<UserSession>> Of(string user, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from user_session where user_id = $1 and expires_at > $2 order by created_at desc, id desc limit {MaxPerUser}")
            .With(NpgsqlDbType.Text, Sql.Text(user)).With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var sessions = new List<UserSession>();
        while (await rows.ReadAsync(stop)) sessions.Add(Read(rows));
        return sessions;
    }

    /// <summary>Ends one session of a user. False when it is no session of the user's.</summary>
    public async Task<bool> End(string user, Guid id, ChangeCause cause, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        var ended = await change.Command("delete from user_session where user_id = $1 and id = $2")
            .With(NpgsqlDbType.Text, Sql.Text(user)).With(NpgsqlDbType.Uuid, id).Run(stop);
        if (ended > 0) await change.Commit("session", id.ToString(), "end", new JsonObject { ["user"] = user }, stop);
        return ended > 0;
    }

    /// <summary>Ends the sessions of a user but one that is kept, within a change that asks for it.</summary>
    internal static Task End(AuditedChange change, string user, Guid? kept, CancellationToken stop) =>
        Ended(change, user, "id is distinct from $2", NpgsqlDbType.Uuid, kept, stop);

    private static async Task Ended(AuditedChange change, string user, string which, NpgsqlDbType type, object? argument, CancellationToken stop)
    {
        var ended = await change.Command($"delete from user_session where user_id = $1 and {which}").With(NpgsqlDbType.Text, user).With(type, argument).Run(stop);
        if (ended > 0) await change.Note("session", "", "end", new JsonObject { ["user"] = user, ["count"] = ended }, stop);
    }

    private static UserSession Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2), row.GetFieldValue<DateTimeOffset>(3), row.GetFieldValue<DateTimeOffset>(4))
    {
        Address = row.IsDBNull(5) ? null : row.GetString(5),
        Agent = row.IsDBNull(6) ? null : row.GetString(6),
    };
}
