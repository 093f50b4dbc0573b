using Npgsql;
using NpgsqlTypes;

namespace Crm.Tasks;

/// <summary>Reminders as PostgreSQL fires them: the tasks' rows say for which times they have fired.</summary>
internal sealed class Reminders(DataSources sources, TimeProvider clock) : IReminders
{
    /// <summary>
    /// Days that a reminder may be late, because no silo ran, or because its time was over when it was set: what is older is noted and
    /// tells nobody, so that old tasks that are brought in, or a backup that comes back, bury nobody.
    /// </summary>
    internal const int LatestDays = 7;

    // A task that somebody writes at this moment is left for the next time. Nobody's task is its maker's, where that is a user.
    private const string FireSql = """
        WITH due AS (
          SELECT id FROM task
          WHERE remind_at IS NOT NULL AND remind_at IS DISTINCT FROM reminded_at AND status = 'open' AND deleted_at IS NULL AND remind_at <= $1
          ORDER BY remind_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ), fired AS (
          UPDATE task t SET reminded_at = t.remind_at FROM due d WHERE t.id = d.id
          RETURNING t.id, t.remind_at, coalesce(t.owner, t.created_by) AS whose
        ), told AS (
          INSERT INTO notification (user_id, kind, record_kind, record_id, at, created_at)
          SELECT u.id, 'task.reminder', 'task', f.id, f.remind_at, $1 FROM fired f JOIN crm_user u ON u.id = f.whose AND u.ended_at IS NULL
          WHERE f.remind_at >= $3 ORDER BY f.remind_at, f.id ON CONFLICT DO NOTHING
        )
        SELECT count(*)::int FROM fired
        """;

    public async Task<int> Fire(int most, CancellationToken stop = default)
    {
        var now = clock.GetUtcNow();
        await using var command = sources.Records.CreateCommand(FireSql)
            .With(NpgsqlDbType.TimestampTz, now.UtcDateTime).With(NpgsqlDbType.Integer, most).With(NpgsqlDbType.TimestampTz, now.AddDays(-LatestDays).UtcDateTime);
        return (int)(await command.ExecuteScalarAsync(stop))!;
    }
}
