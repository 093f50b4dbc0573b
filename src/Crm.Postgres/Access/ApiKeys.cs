using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>The clients' keys in PostgreSQL.</summary>
public sealed class ApiKeys(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Longest name of a key, in characters.</summary>
    public const int MaxNameLength = 100;

    /// <summary>Most keys that <see cref="List"/> answers; far more than a company has.</summary>
    private const int MaxListed = 10_000;

    private const string Columns = "id, kind, name, source, prefix, created_at, revoked_at, last_used_at";

    /// <summary>Makes a key. The answer is the only place where the key itself ever stands.</summary>
    /// <param name="kind">What it may do.</param>
    /// <param name="name">What people call it; 1 to <see cref="MaxNameLength"/> characters.</param>
    /// <param name="source">What its events carry as their source; the name when null.</param>
    /// <param name="stop">Cancels the call.</param>
    /// <exception cref="ArgumentException">The name or source is empty or too long.</exception>
    public async Task<NewApiKey> Create(ApiKeyKind kind, string name, string? source = null, CancellationToken stop = default)
    {
        CheckName(name, nameof(name));
        CheckName(source ??= name, nameof(source));
        var secret = ApiKeySecret.Create(kind);
        var now = clock.GetUtcNow();
        var key = new ApiKey(Guid.CreateVersion7(now), kind, name, source, ApiKeySecret.Prefix(secret), now, null, null);
        await using var command = database.CreateCommand(
            "insert into api_key (id, kind, name, source, hash, prefix, created_at) values ($1, $2, $3, $4, $5, $6, $7)");
        command.Parameters.Add(new() { Value = key.Id });
        command.Parameters.Add(new() { Value = KindText(kind) });
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(new() { Value = source });
        command.Parameters.Add(new() { Value = ApiKeySecret.Hash(secret) });
        command.Parameters.Add(new() { Value = key.Prefix });
        command.Parameters.Add(new() { Value = now });
        await command.ExecuteNonQueryAsync(stop);
        return new NewApiKey(key, secret);
    }

    /// <summary>All keys, also revoked ones, oldest first.</summary>
    public async Task<IReadOnlyList<ApiKey>> List(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from api_key order by created_at, id limit {MaxListed}");
        await using var reader = await command.ExecuteReaderAsync(stop);
        var keys = new List<ApiKey>();
        while (await reader.ReadAsync(stop)) keys.Add(ReadKey(reader));
        return keys;
    }

    /// <summary>Ends a key; APIs notice within half a minute. False when there is no such key or it was revoked before.</summary>
    public async Task<bool> Revoke(Guid id, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("update api_key set revoked_at = $2 where id = $1 and revoked_at is null");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        return await command.ExecuteNonQueryAsync(stop) == 1;
    }

    /// <summary>The key with this hash (<see cref="ApiKeySecret.Hash"/>); null when there is none or it was revoked.</summary>
    public async Task<ApiKey?> Find(byte[] hash, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from api_key where hash = $1 and revoked_at is null");
        command.Parameters.Add(new() { Value = hash });
        await using var reader = await command.ExecuteReaderAsync(stop);
        return await reader.ReadAsync(stop) ? ReadKey(reader) : null;
    }

    /// <summary>Notes that keys were used.</summary>
    public async Task Touch(IReadOnlyCollection<Guid> ids, DateTimeOffset at, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("update api_key set last_used_at = greatest(last_used_at, $2) where id = any($1)");
        command.Parameters.Add(new() { Value = ids.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = at });
        await command.ExecuteNonQueryAsync(stop);
    }

    private static ApiKey ReadKey(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        reader.GetString(1) == "write" ? ApiKeyKind.Write : ApiKeyKind.Server,
        reader.GetString(2),
        reader.GetString(3),
        reader.GetString(4),
        reader.GetFieldValue<DateTimeOffset>(5),
        reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6),
        reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7));

    private static string KindText(ApiKeyKind kind) => kind == ApiKeyKind.Write ? "write" : "server";

    private static void CheckName(string text, string parameter)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > MaxNameLength || text.Any(char.IsControl))
            throw new ArgumentException($"The {parameter} of a key is 1 to {MaxNameLength} printable characters.", parameter);
    }
}
