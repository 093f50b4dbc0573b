using Crm.Infrastructure;
using Crm.Tasks;
using Xunit;

namespace Crm.Schema;

/// <summary>A database from before reminders fired, with tasks whose times were over long ago.</summary>
public sealed class RemindersMigrationTests : OldDatabase
{
    private const int Reminders = 35;

    [Fact]
    public async Task Old_reminders_do_not_all_fire_at_once_and_those_to_come_do()
    {
        await Run(number => number != Reminders);
        var now = TimeProvider.System.GetUtcNow();
        await Database.NewUser("usr_old");
        await Database.NewTasks("old", "usr_old", now.AddDays(-2), 100);
        await Database.NewTasks("recent", "usr_old", now.AddHours(-23));
        await Database.NewTasks("coming", "usr_old", now.AddDays(2));
        await Database.Do("""UPDATE task SET state = state - 'remindAt' WHERE id = 'old-100'""");

        await Run(number => number == Reminders);

        await using var sources = new DataSources(Connection);
        Assert.Equal(1, await new Crm.Tasks.Reminders(sources, TimeProvider.System).Fire(500));
        Assert.Equal("recent-1", await Database.Ask<string>("SELECT string_agg(record_id, ' ') FROM notification"));
        await Database.Do($"UPDATE task SET state = state || jsonb_build_object('remindAt', '{ReminderRows.Time(now)}') WHERE id IN ('old-1', 'old-100')");
        Assert.Equal(2, await new Crm.Tasks.Reminders(sources, TimeProvider.System).Fire(500));
        Assert.Equal(3, await Database.Reminders("usr_old"));
    }
}
