using Crm.Clickstream;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>What a user wants the pages to be like: documents of that user's own, by name. They go with the account.</summary>
public sealed class UserPreferences
{
    /// <summary>Most of a user: a few for each list, board and page.</summary>
    public const int MaxOfUser = 200;

    /// <summary>Longest name, in characters.</summary>
    public const int MaxNameLength = 100;

    /// <summary>Longest document, in bytes: columns and widths of a list, not a file.</summary>
    public const int MaxBytes = 16 * 1024;

    // One after the other of a user, and none once the account has ended: both wait for its row.
    private const string HoldSql = "SELECT FROM crm_user WHERE id = $1 FOR NO KEY UPDATE";

    private const string PutSql = """
        INSERT INTO user_preference (user_id, name, value, updated_at)
        SELECT id, $2, $3, $4 FROM crm_user WHERE id = $1 AND ended_at IS NULL
          AND (EXISTS (SELECT FROM user_preference WHERE user_id = $1 AND name = $2) OR (SELECT count(*) FROM user_preference WHERE user_id = $1) < $5)
        ON CONFLICT (user_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
        """;

    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _clock;

    internal UserPreferences(DataSources sources, TimeProvider clock) => (_database, _clock) = (sources.Records, clock);

    /// <summary>All of a user as JSON, by name.</summary>
    public async Task<IReadOnlyDictionary<string, string>> All(string user, CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand("SELECT name, value::text FROM user_preference WHERE user_id = $1 ORDER BY name")
            .With(NpgsqlDbType.Text, Sql.Text(user));
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) found[rows.GetString(0)] = rows.GetString(1);
        return found;
    }

    /// <summary>One, as JSON; null when the user has none of this name.</summary>
    public async Task<string?> Get(string user, string name, CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand("SELECT value::text FROM user_preference WHERE user_id = $1 AND name = $2")
            .With(NpgsqlDbType.Text, Sql.Text(user)).With(NpgsqlDbType.Text, Sql.Text(name));
        return (string?)await command.ExecuteScalarAsync(stop);
    }

    /// <summary>Keeps one, in place of the one before it. False when the user has too many.</summary>
    /// <param name="value">JSON of at most <see cref="MaxBytes"/>.</param>
    public async Task<bool> Put(string user, string name, string value, CancellationToken stop = default)
    {
        await using var connection = await _database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var hold = new NpgsqlCommand(HoldSql, connection).With(NpgsqlDbType.Text, Sql.Text(user));
        await hold.ExecuteNonQueryAsync(stop);
        await using var put = new NpgsqlCommand(PutSql, connection)
            .With(NpgsqlDbType.Text, Sql.Text(user)).With(NpgsqlDbType.Text, Sql.Text(name)).With(NpgsqlDbType.Json, value)
            .With(NpgsqlDbType.TimestampTz, _clock.GetUtcNow().UtcDateTime).With(NpgsqlDbType.Integer, MaxOfUser);
        var kept = await put.ExecuteNonQueryAsync(stop) == 1;
        await transaction.CommitAsync(stop);
        return kept;
    }

    /// <summary>Forgets one; none of this name is as well.</summary>
    public async Task Delete(string user, string name, CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand("DELETE FROM user_preference WHERE user_id = $1 AND name = $2")
            .With(NpgsqlDbType.Text, Sql.Text(user)).With(NpgsqlDbType.Text, Sql.Text(name));
        await command.ExecuteNonQueryAsync(stop);
    }
}
