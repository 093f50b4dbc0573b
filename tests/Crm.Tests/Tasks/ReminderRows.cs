using System.Globalization;
using Crm.Infrastructure;
using Crm.Records;
using Npgsql;

namespace Crm.Tasks;

/// <summary>Users, tasks and notifications as rows.</summary>
internal static class ReminderRows
{
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString(FieldValues.TimeFormat, CultureInfo.InvariantCulture);

    public static Task NewUser(this NpgsqlDataSource database, string id, bool ended = false) => database.Do($"""
        INSERT INTO crm_user (id, user_name, name, role, enabled, created_at, updated_at) VALUES ('{id}', '{id}', '{id}', 'sales', {!ended}, now(), now());
        {(ended ? $"UPDATE crm_user SET ended_at = now() WHERE id = '{id}'" : "")}
        """);

    /// <summary>Open tasks with a reminder, named <c>NAME-1</c> and so on.</summary>
    public static Task NewTasks(this NpgsqlDataSource database, string name, string? owner, DateTimeOffset remindAt, int count = 1, string by = "crm") => database.Do($"""
        INSERT INTO task (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause)
        SELECT '{name}-' || n, 1, 1, 1, jsonb_strip_nulls(jsonb_build_object('subject', 'Call', 'status', 'open', 'priority', 'normal',
          'owner', {(owner is null ? "null" : $"'{owner}'")}, 'remindAt', '{Time(remindAt)}')), now(), now(), '{by}', gen_random_uuid()
        FROM generate_series(1, {count}) n
        """);

    /// <summary>How often somebody was reminded.</summary>
    public static Task<long> Reminders(this NpgsqlDataSource database, string user) =>
        database.Ask<long>($"SELECT count(*) FROM notification WHERE user_id = '{user}' AND kind = 'task.reminder'");

    /// <summary>How many tasks of a name have a reminder that is noted as fired for its time.</summary>
    public static Task<long> Noted(this NpgsqlDataSource database, string name) =>
        database.Ask<long>($"SELECT count(*) FROM task WHERE id LIKE '{name}-%' AND reminded_at = remind_at");

    /// <summary>Waits until somebody has looked for what is due: one that is due by then has fired.</summary>
    public static async Task Looked(this NpgsqlDataSource database, DateTimeOffset now)
    {
        var mark = "look" + Guid.NewGuid().ToString("N");
        await database.NewTasks(mark, null, now);
        await Eventually.True(async () => await database.Noted(mark) == 1, "somebody looks for reminders");
    }
}
