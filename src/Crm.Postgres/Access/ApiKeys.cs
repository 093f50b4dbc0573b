using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>The clients' keys in PostgreSQL.</summary>
public sealed class ApiKeys(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Longest name of a key, in characters.</summary>
    public const int MaxNameLength = 100;

    /// <summary>Most requests a minute that can be set as a limit.</summary>
    public const int MaxRateLimit = 10_000_000;

    /// <summary>Most keys that one page lists; far more than most companies have in all.</summary>
    public const int MaxListed = 10_000;

    private const string Select = """
        select k.id, k.kind, k.name, k.source, k.prefix, k.created_at, k.revoked_at, k.last_used_at,
          k.scopes, k.expires_at, k.replaced_by, k.rate_limit, s.enabled, s.allowed_origins
        from api_key k join source s on s.id = k.source
        """;

    private const string ById = Select + " where k.id = $1";

    /// <inheritdoc cref="Create(KeyOrder, ChangeCause?, CancellationToken)"/>
    public Task<NewApiKey> Create(ApiKeyKind kind, string name, string? source = null, CancellationToken stop = default) =>
        Create(new KeyOrder(kind, name, source ?? name), null, stop);

    /// <summary>Makes a key, and its source where there is none. The answer is the only place where the key itself ever stands.</summary>
    /// <param name="cause">Who makes it; null for whoever has the machine.</param>
    /// <exception cref="ArgumentException">The name or source is empty or too long, or a write key should do more than send.</exception>
    public async Task<NewApiKey> Create(KeyOrder order, ChangeCause? cause = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(order);
        CheckName(order.Name, "name");
        CheckName(order.Source, "source");
        var scopes = order.Scopes ?? Scopes.Of(order.Kind);
        CheckScopes(order.Kind, scopes);
        if (order.RateLimit is < 1 or > MaxRateLimit)
            throw new ArgumentException($"The rate limit of a key is 1 to {MaxRateLimit} requests a minute.", nameof(order));
        var secret = ApiKeySecret.Create(order.Kind);
        await using var change = await AuditedChange.Begin(database, clock, cause ?? ChangeCause.CommandLine, stop);
        var key = new ApiKey(Guid.CreateVersion7(change.At), order.Kind, order.Name, order.Source, ApiKeySecret.Prefix(secret), change.At, null, null)
        {
            Scopes = scopes,
            RateLimit = order.RateLimit,
        };

        // The source is held before anything is written, as by whoever changes it.
        await using (var held = change.Command("select true from source where id = $1 for key share").With(NpgsqlDbType.Text, order.Source))
            if (await held.ExecuteScalarAsync(stop) is null)
                await Sources.Insert(change, new Source(order.Source, order.Source, order.Kind == ApiKeyKind.Write ? "web" : "server"), stop);
        await change.Command("""
            insert into api_key (id, kind, name, source, hash, prefix, created_at, scopes, rate_limit)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """)
            .With(NpgsqlDbType.Uuid, key.Id).With(NpgsqlDbType.Text, KindText(order.Kind)).With(NpgsqlDbType.Text, order.Name).With(NpgsqlDbType.Text, order.Source)
            .With(NpgsqlDbType.Bytea, ApiKeySecret.Hash(secret)).With(NpgsqlDbType.Text, key.Prefix).With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime)
            .WithArray(NpgsqlDbType.Text, scopes).With(NpgsqlDbType.Integer, order.RateLimit).Run(stop);
        await change.Commit("key", key.Id.ToString(), "create", Said(key), stop);
        return new NewApiKey(key, secret);
    }

    /// <summary>All keys, also revoked ones, oldest first.</summary>
    /// <param name="source">Only those of a source; null for all.</param>
    /// <param name="after">The last key of the page before; null for the first page.</param>
    /// <param name="limit">Most keys of the page.</param>
    /// <param name="stop">Cancels the call.</param>
    public async Task<IReadOnlyList<ApiKey>> List(
        string? source = null, Guid? after = null, int limit = MaxListed, CancellationToken stop = default)
    {
        // Ids begin with the time at which they were made.
        await using var command = database.CreateCommand(
            Select + " where ($1 is null or k.source = $1) and ($2 is null or k.id > $2) order by k.id limit $3")
            .With(NpgsqlDbType.Text, source).With(NpgsqlDbType.Uuid, after).With(NpgsqlDbType.Integer, Math.Clamp(limit, 1, MaxListed));
        return await ReadAll(command, stop);
    }

    /// <summary>A key, also a revoked one; null when there is none.</summary>
    public async Task<ApiKey?> Get(Guid id, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand(ById).With(NpgsqlDbType.Uuid, id);
        return (await ReadAll(command, stop)) is [var key] ? key : null;
    }

    /// <summary>
    /// Makes a key in another's place; the old one works until <paramref name="validUntil"/> (or its own end, if that is earlier).
    /// Null when there is no such key, or it works no longer, or was rotated before.
    /// </summary>
    /// <param name="cause">Who does it; null for whoever has the machine.</param>
    public async Task<NewApiKey?> Rotate(Guid id, DateTimeOffset validUntil, ChangeCause? cause = null, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause ?? ChangeCause.CommandLine, stop);
        if (await Held(change, id, stop) is not { RevokedAt: null, ReplacedBy: null } old || old.ExpiresAt <= change.At) return null;
        var secret = ApiKeySecret.Create(old.Kind);
        var made = Guid.CreateVersion7(change.At);
        var end = old.ExpiresAt < validUntil ? old.ExpiresAt.Value : validUntil;
        await change.Command("update api_key set expires_at = $3, replaced_by = $2 where id = $1")
            .With(NpgsqlDbType.Uuid, id).With(NpgsqlDbType.Uuid, made).With(NpgsqlDbType.TimestampTz, end.UtcDateTime).Run(stop);
        await change.Command("""
            insert into api_key (id, kind, name, source, scopes, rate_limit, hash, prefix, created_at)
            select $2, kind, name, source, scopes, rate_limit, $3, $4, $5 from api_key where id = $1
            """)
            .With(NpgsqlDbType.Uuid, id).With(NpgsqlDbType.Uuid, made).With(NpgsqlDbType.Bytea, ApiKeySecret.Hash(secret))
            .With(NpgsqlDbType.Text, ApiKeySecret.Prefix(secret)).With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).Run(stop);
        var key = (await Held(change, made, stop))!;
        await change.Note("key", made.ToString(), "create", Said(key), stop);
        await change.Commit("key", id.ToString(), "rotate", new JsonObject
        {
            ["replacedBy"] = made.ToString(), ["expiresAt"] = new JsonObject { ["from"] = old.ExpiresAt?.ToString("O"), ["to"] = end.ToString("O") },
        }, stop);
        return new NewApiKey(key, secret);
    }

    /// <summary>Ends a key; APIs notice within two seconds. False when there is no such key or it was revoked before.</summary>
    /// <param name="cause">Who does it; null for whoever has the machine.</param>
    public async Task<bool> Revoke(Guid id, ChangeCause? cause = null, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause ?? ChangeCause.CommandLine, stop);
        if (await Held(change, id, stop) is not { RevokedAt: null } key) return false;
        await change.Command("update api_key set revoked_at = $2 where id = $1")
            .With(NpgsqlDbType.Uuid, id).With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).Run(stop);
        await change.Commit("key", id.ToString(), "revoke", Said(key), stop);
        return true;
    }

    /// <summary>The key with this hash (<see cref="ApiKeySecret.Hash"/>); null when there is none, or it works no longer.</summary>
    public async Task<ApiKey?> Find(byte[] hash, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand(
            Select + " where k.hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2)")
            .With(NpgsqlDbType.Bytea, hash).With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime);
        return (await ReadAll(command, stop)) is [var key] ? key : null;
    }

    /// <summary>Notes that keys were used.</summary>
    public async Task Touch(IReadOnlyCollection<Guid> ids, DateTimeOffset at, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("update api_key set last_used_at = greatest(last_used_at, $2) where id = any($1)")
            .WithArray(NpgsqlDbType.Uuid, ids).With(NpgsqlDbType.TimestampTz, at.UtcDateTime);
        await command.ExecuteNonQueryAsync(stop);
    }

    /// <summary>Whether a text can be the name of a key or source.</summary>
    public static bool IsName(string? text) =>
        !string.IsNullOrWhiteSpace(text) && text.Length <= MaxNameLength && !text.Any(c => char.IsControl(c) || char.IsSurrogate(c));

    private static async Task<ApiKey?> Held(AuditedChange change, Guid id, CancellationToken stop)
    {
        await using var command = change.Command(ById + " for no key update of k").With(NpgsqlDbType.Uuid, id);
        return await ReadAll(command, stop) is [var key] ? key : null;
    }

    // Neither the key nor its first signs.
    private static JsonObject Said(ApiKey key) => new()
    {
        ["kind"] = KindText(key.Kind), ["name"] = key.Name, ["source"] = key.Source, ["scopes"] = new JsonArray([.. key.Scopes.Select(s => (JsonNode)s)]),
        ["rateLimit"] = key.RateLimit,
    };

    private static async Task<IReadOnlyList<ApiKey>> ReadAll(NpgsqlCommand command, CancellationToken stop)
    {
        await using var reader = await command.ExecuteReaderAsync(stop);
        var keys = new List<ApiKey>();
        while (await reader.ReadAsync(stop)) keys.Add(ReadKey(reader));
        return keys;
    }

    private static ApiKey ReadKey(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        reader.GetString(1) == "write" ? ApiKeyKind.Write : ApiKeyKind.Server,
        reader.GetString(2),
        reader.GetString(3),
        reader.GetString(4),
        reader.GetFieldValue<DateTimeOffset>(5),
        Time(reader, 6),
        Time(reader, 7))
    {
        Scopes = reader.GetFieldValue<string[]>(8),
        ExpiresAt = Time(reader, 9),
        ReplacedBy = reader.IsDBNull(10) ? null : reader.GetGuid(10),
        RateLimit = reader.IsDBNull(11) ? null : reader.GetInt32(11),
        SourceEnabled = reader.GetBoolean(12),
        AllowedOrigins = reader.GetFieldValue<string[]>(13),
    };

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static string KindText(ApiKeyKind kind) => kind == ApiKeyKind.Write ? "write" : "server";

    private static void CheckName(string text, string what)
    {
        if (!IsName(text)) throw new ArgumentException($"The {what} of a key is 1 to {MaxNameLength} printable characters.", what);
    }

    private static void CheckScopes(ApiKeyKind kind, IReadOnlyList<string> scopes)
    {
        if (scopes.Count == 0 || scopes.Except(Scopes.All).Any() || scopes.Distinct().Count() != scopes.Count)
            throw new ArgumentException($"The scopes of a key are one or more of: {string.Join(", ", Scopes.All)}.", nameof(scopes));
        if (kind == ApiKeyKind.Write && scopes is not [Scopes.Ingest])
            throw new ArgumentException("A write key may only send events: its scope is ingest.", nameof(scopes));
    }
}
