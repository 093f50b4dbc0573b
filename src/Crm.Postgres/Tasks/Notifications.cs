using Npgsql;
using NpgsqlTypes;

namespace Crm.Tasks;

/// <summary>What a user is told: of which record, and why.</summary>
/// <param name="Kind"><c>task.reminder</c> or <c>task.assigned</c>.</param>
/// <param name="At">The time that it tells of: the reminder's, the assignment's.</param>
/// <param name="ReadAt">Null while it is unread.</param>
public sealed record Notification(long Id, string Kind, string RecordKind, string RecordId, DateTimeOffset At, DateTimeOffset CreatedAt, DateTimeOffset? ReadAt);

/// <summary>Users' notifications in PostgreSQL: each user's alone. They hold no text, so that nothing has to be forgotten in them.</summary>
public sealed class Notifications
{
    /// <summary>How many unread ones are counted at most: as many as are kept.</summary>
    public const int MostCounted = 1_000;

    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _clock;

    internal Notifications(DataSources sources, TimeProvider clock) => (_database, _clock) = (sources.Reading, clock);

    /// <summary>A page of a user's, newest first.</summary>
    /// <param name="before">The id of the last one of the page before; null for the first page.</param>
    public async Task<IReadOnlyList<Notification>> Page(string user, bool unread, long? before, int limit, CancellationToken stop = default)
    {
        // Two texts: only where it is written that they are unread does the index of those serve.
        await using var command = _database.CreateCommand($"""
            SELECT id, kind, record_kind, record_id, at, created_at, read_at FROM notification
            WHERE user_id = $1 AND id < $2 {(unread ? "AND read_at IS NULL" : "")} ORDER BY id DESC LIMIT $3
            """).With(NpgsqlDbType.Text, user).With(NpgsqlDbType.Bigint, before ?? long.MaxValue).With(NpgsqlDbType.Integer, limit);
        var found = new List<Notification>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            found.Add(new Notification(
                rows.GetInt64(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), rows.GetFieldValue<DateTimeOffset>(4),
                rows.GetFieldValue<DateTimeOffset>(5), rows.IsDBNull(6) ? null : rows.GetFieldValue<DateTimeOffset>(6)));
        }

        return found;
    }

    /// <summary>How many a user has not read; at most <see cref="MostCounted"/> are counted.</summary>
    public async Task<int> Unread(string user, CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand("SELECT count(*)::int FROM (SELECT FROM notification WHERE user_id = $1 AND read_at IS NULL LIMIT $2) AS n")
            .With(NpgsqlDbType.Text, user).With(NpgsqlDbType.Integer, MostCounted);
        return (int)(await command.ExecuteScalarAsync(stop))!;
    }

    /// <summary>Notes that a user has read one; false when that user has none of this id.</summary>
    public async Task<bool> Read(string user, long id, CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand("UPDATE notification SET read_at = coalesce(read_at, $3) WHERE id = $1 AND user_id = $2")
            .With(NpgsqlDbType.Bigint, id).With(NpgsqlDbType.Text, user).With(NpgsqlDbType.TimestampTz, _clock.GetUtcNow().UtcDateTime);
        return await command.ExecuteNonQueryAsync(stop) == 1;
    }

    /// <summary>Notes that a user has read all up to one: what came after it was shown stays unread.</summary>
    public async Task ReadUpTo(string user, long id, CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand("UPDATE notification SET read_at = $3 WHERE user_id = $1 AND id <= $2 AND read_at IS NULL")
            .With(NpgsqlDbType.Text, user).With(NpgsqlDbType.Bigint, id).With(NpgsqlDbType.TimestampTz, _clock.GetUtcNow().UtcDateTime);
        await command.ExecuteNonQueryAsync(stop);
    }
}
