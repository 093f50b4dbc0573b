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
    /// <param name="madeBy">The user who made it; null for whoever has the machine.</param>
    public async Task<string> Make(LinkPurpose purpose, string? user, string? madeBy, CancellationToken stop = default)
    {
        var (now, token) = (clock.GetUtcNow(), Secrets.Create(Prefix));
        await using var command = database.CreateCommand("""
            with earlier as (delete from one_time_link where purpose = $2 and user_id is not distinct from $3 and used_at is null)
            insert into one_time_link (hash, purpose, user_id, made_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)
            """)
            .With(NpgsqlDbType.Bytea, Secrets.Hash(token)).With(NpgsqlDbType.Text, Word(purpose)).With(NpgsqlDbType.Text, user).With(NpgsqlDbType.Text, madeBy)
            .With(NpgsqlDbType.TimestampTz, now.UtcDateTime)
            .With(NpgsqlDbType.TimestampTz, (now + (purpose == LinkPurpose.Reset ? s_resetFor : s_inviteFor)).UtcDateTime);
        await command.ExecuteNonQueryAsync(stop);
        return token;
    }

    /// <summary>Whether a link would work, without using it, and for whom.</summary>
    public Task<(bool Works, string? User)> Look(LinkPurpose purpose, string token, CancellationToken stop = default) => Ask(
        "select user_id from one_time_link where hash = $1 and purpose = $2 and used_at is null and expires_at > $3", purpose, token, stop);

    /// <summary>Uses a link up: only one of several who try at once is answered that it works.</summary>
    public Task<(bool Works, string? User)> Use(LinkPurpose purpose, string token, CancellationToken stop = default) => Ask(
        "update one_time_link set used_at = $3 where hash = $1 and purpose = $2 and used_at is null and expires_at > $3 returning user_id", purpose, token, stop);

    private async Task<(bool Works, string? User)> Ask(string sql, LinkPurpose purpose, string token, CancellationToken stop)
    {
        if (token.Length > Secrets.MaxLength || !token.StartsWith(Prefix, StringComparison.Ordinal)) return default;
        await using var command = database.CreateCommand(sql)
            .With(NpgsqlDbType.Bytea, Secrets.Hash(token)).With(NpgsqlDbType.Text, Word(purpose)).With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
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
