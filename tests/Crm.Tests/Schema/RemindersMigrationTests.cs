using System.Globalization;
using Crm.Infrastructure;
using Crm.Tasks;
using Npgsql;
using Xunit;

namespace Crm.Schema;

/// <summary>A database from before reminders fired, with tasks whose times were over long ago.</summary>
public sealed class RemindersMigrationTests : IAsyncLifetime
{
    private const int Reminders = 35;

    private string _connection = "";
    private NpgsqlDataSource _database = null!;

    public async Task InitializeAsync()
    {
        _connection = await TestServer.CreateDatabase(withSchema: false);
        _database = NpgsqlDataSource.Create(_connection);
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        NpgsqlConnection.ClearPool(new NpgsqlConnection(_connection));
        await TestServer.DropDatabase(_connection);
    }

    [Fact]
    public async Task Old_reminders_do_not_all_fire_at_once_and_those_to_come_do()
    {
        await Run(number => number != Reminders);
        var now = TimeProvider.System.GetUtcNow();
        await _database.NewUser("usr_old");
        await _database.NewTasks("old", "usr_old", now.AddDays(-2), 100);
        await _database.NewTasks("recent", "usr_old", now.AddHours(-23));
        await _database.NewTasks("coming", "usr_old", now.AddDays(2));
        await _database.Do("""UPDATE task SET state = state - 'remindAt' WHERE id = 'old-100'""");

        await Run(number => number == Reminders);

        await using var sources = new DataSources(_connection);
        Assert.Equal(1, await new Crm.Tasks.Reminders(sources, TimeProvider.System).Fire(500));
        Assert.Equal("recent-1", await _database.Ask<string>("SELECT string_agg(record_id, ' ') FROM notification"));
        await _database.Do($"UPDATE task SET state = state || jsonb_build_object('remindAt', '{ReminderRows.Time(now)}') WHERE id IN ('old-1', 'old-100')");
        Assert.Equal(2, await new Crm.Tasks.Reminders(sources, TimeProvider.System).Fire(500));
        Assert.Equal(3, await _database.Reminders("usr_old"));
    }

    private async Task Run(Func<int, bool> which)
    {
        foreach (var script in SchemaUpgrade.Scripts().Where(s => which(int.Parse(s.Name[..4], CultureInfo.InvariantCulture))))
            await _database.Do(script.Contents);
    }
}
