using NpgsqlTypes;

namespace Crm.Tasks;

/// <summary>Drops notifications that are too old, and those of a user that are too many.</summary>
internal sealed class NotificationRetention(DataSources sources)
{
    private const string OldSql = """
        DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE created_at < $1 ORDER BY created_at LIMIT $2)
        """;

    // Of each user the newest one that is too many, by the index; then those from there on.
    private const string ManySql = """
        WITH over AS (
          SELECT n.id FROM crm_user u
          CROSS JOIN LATERAL (SELECT id FROM notification WHERE user_id = u.id ORDER BY id DESC OFFSET $1 LIMIT 1) AS first
          JOIN notification n ON n.user_id = u.id AND n.id <= first.id LIMIT $2)
        DELETE FROM notification n USING over o WHERE n.id = o.id
        """;

    /// <summary>Runs once; answers how many were dropped.</summary>
    /// <param name="before">Those that came before this time go.</param>
    /// <param name="newest">How many of a user stay.</param>
    /// <param name="atATime">How many one statement drops.</param>
    public async Task<long> Drop(DateTimeOffset before, int newest, int atATime, CancellationToken stop) =>
        await Drop(OldSql, NpgsqlDbType.TimestampTz, before.UtcDateTime, atATime, stop) + await Drop(ManySql, NpgsqlDbType.Integer, newest, atATime, stop);

    private async Task<long> Drop(string sql, NpgsqlDbType type, object bound, int atATime, CancellationToken stop)
    {
        var dropped = 0L;
        int now;
        do
        {
            await using var command = sources.History.CreateCommand(sql).With(type, bound).With(NpgsqlDbType.Integer, atATime);
            now = await command.ExecuteNonQueryAsync(stop);
            dropped += now;
        }
        while (now == atATime);
        return dropped;
    }
}
