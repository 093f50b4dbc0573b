using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>What a link is for.</summary>
public enum LinkPurpose
{
    /// <summary>The first administrator makes an account.</summary>
    Setup,

    /// <summary>An invited user chooses a password.</summary>
    Invite,

    /// <summary>A user chooses another password.</summary>
    Reset,
}

/// <summary>Links that work once, in PostgreSQL.</summary>
public sealed class OneTimeLinks(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Of a link's token.</summary>
    public const string Prefix = "ot_";

    private static readonly TimeSpan s_inviteFor = TimeSpan.FromDays(7);
    private static readonly TimeSpan s_resetFor = TimeSpan.FromHours(2);

    /// <summary>Makes a link's token; earlier ones of the same user and purpose stop working. It stands nowhere else.</summary>
    /// <param name="user">Whom it is for; null for the first administrator's.</param>
    public async Task<string> Make(LinkPurpose purpose, string? user, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(cause);
        var token = Secrets.Create(Prefix);
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        var until = change.At + (purpose == LinkPurpose.Reset ? s_resetFor : s_inviteFor);
        await change.Command("delete from one_time_link where purpose = $1 and user_id is not distinct from $2 and used_at is null")
            .With(NpgsqlDbType.Text, Word(purpose)).With(NpgsqlDbType.Text, user).Run(stop);
        await change.Command("insert into one_time_link (hash, purpose, user_id, made_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)")
            .With(NpgsqlDbType.Bytea, Secrets.Hash(token)).With(NpgsqlDbType.Text, Word(purpose)).With(NpgsqlDbType.Text, user).With(NpgsqlDbType.Text, cause.By)
            .With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).With(NpgsqlDbType.TimestampTz, until.UtcDateTime).Run(stop);
        await change.Commit("user", user ?? "", Word(purpose), new JsonObject { ["expiresAt"] = until.ToString("O") }, stop);
        return token;
    }

    /// <summary>Whether a link would work, without using it, and for whom.</summary>
    public Task<(bool Works, string? User)> Look(LinkPurpose purpose, string token, CancellationToken stop = default) => Ask(
        database.CreateCommand, "select user_id from one_time_link where hash = $1 and purpose = $2 and used_at is null and expires_at > $3", purpose, token, clock.GetUtcNow(), stop);

    /// <summary>Uses a link up, within the change that it is for: only one of several who try at once is answered that it works.</summary>
    internal static Task<(bool Works, string? User)> Use(AuditedChange change, LinkPurpose purpose, string token, CancellationToken stop) => Ask(
        change.Command, "update one_time_link set used_at = $3 where hash = $1 and purpose = $2 and used_at is null and expires_at > $3 returning user_id", purpose, token, change.At, stop);

    private static async Task<(bool Works, string? User)> Ask(
        Func<string, NpgsqlCommand> create, string sql, LinkPurpose purpose, string token, DateTimeOffset now, CancellationToken stop)
    {
        if (token.Length > Secrets.MaxLength || !token.StartsWith(Prefix, StringComparison.Ordinal)) return default;
        await using var command = create(sql)
            .With(NpgsqlDbType.Bytea, Secrets.Hash(token)).With(NpgsqlDbType.Text, Word(purpose)).With(NpgsqlDbType.TimestampTz, now.UtcDateTime);
        await using var row = await command.ExecuteReaderAsync(stop);
        if (!await row.ReadAsync(stop)) return default;
        return (true, row.IsDBNull(0) ? null : row.GetString(0));
    }

    private static string Word(LinkPurpose purpose) => purpose switch
    {
        LinkPurpose.Setup => "setup",
        LinkPurpose.Invite => "invite",
        _ => "reset",
    };
}
