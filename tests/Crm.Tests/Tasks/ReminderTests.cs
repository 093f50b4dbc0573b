using System.Text.Json;
using Crm.Backup;
using Crm.Infrastructure;
using Crm.Records;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Crm.Tasks;

/// <summary>Two silos on one database that fire reminders by a clock which tests turn.</summary>
public sealed class RemindersFixture : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();
    private readonly List<TestSilo> _silos = [];

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2031, 5, 1, 8, 0, 0, TimeSpan.Zero));

    public Npgsql.NpgsqlDataSource Database => _postgres.Source;

    public string ConnectionString => _postgres.ConnectionString;

    internal IGrainFactory Grains => _silos[0].Grains;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        foreach (var name in (string[])["silo-1", "silo-2"]) _silos.Add(await TestSilo.Start(_postgres.ConnectionString, name, Turned));
    }

    public async Task DisposeAsync()
    {
        foreach (var silo in _silos) await silo.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private void Turned(ISiloBuilder silo) =>
        silo.Services.AddSingleton<IReminders>(all => new Reminders(all.GetRequiredService<DataSources>(), Clock));
}

/// <summary>Reminders fire once, when their time has come, and tell whose the tasks are.</summary>
public sealed class ReminderTests(RemindersFixture crm) : IClassFixture<RemindersFixture>
{
    private readonly string _name = "r" + Guid.NewGuid().ToString("N")[..12];

    private string User => "usr_" + _name;

    private DateTimeOffset Now => crm.Clock.GetUtcNow();

    [Fact]
    public async Task Each_fires_once_when_its_time_has_come_though_two_silos_look()
    {
        const int Many = (2 * ReminderWatch.AtATime) + 200;
        await crm.Database.NewUser(User);
        await crm.Database.NewTasks(_name, User, Now.AddMinutes(10), Many);
        crm.Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        await crm.Database.Looked(Now);
        Assert.Equal(0, await crm.Database.Reminders(User));

        crm.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.True(async () => await crm.Database.Noted(_name) == Many, "all have fired");
        crm.Clock.Advance(TimeSpan.FromHours(1));
        await crm.Database.Looked(Now);

        Assert.Equal(Many, await crm.Database.Reminders(User));
        Assert.Equal(Many, await crm.Database.Ask<long>($"SELECT count(DISTINCT record_id) FROM notification WHERE user_id = '{User}' AND read_at IS NULL AND created_at >= at"));
    }

    [Fact]
    public async Task Of_many_who_fire_at_the_same_moment_one_fires_each()
    {
        await using var own = new OwnDatabase();
        var database = await own.Create();
        await database.NewUser(User);
        await database.NewTasks(_name, User, Now, 300);

        // Without what keeps a second notification out, so that a second firing shows.
        await database.Do("DROP INDEX notification_once");
        var fired = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            await using var sources = new DataSources(own.ConnectionString);
            var (reminders, sum) = (new Reminders(sources, crm.Clock), 0);
            while (await database.Noted(_name) < 300) sum += await reminders.Fire(7);
            return sum;
        }));

        Assert.Equal((300, 300), (fired.Sum(), await database.Reminders(User)));
    }

    [Fact]
    public async Task What_is_done_cancelled_or_in_the_trash_does_not_fire_until_it_is_open_again()
    {
        await crm.Database.NewUser(User);
        var tasks = new List<string>();
        for (var n = 0; n < 4; n++) tasks.Add(await Make(Now.AddMinutes(1)));
        await Edit(tasks[1], new { status = "done" });
        await Edit(tasks[2], new { status = "cancelled" });
        await crm.Grains.Record("task", tasks[3]).SetDeleted(true, null, Cause());

        crm.Clock.Advance(TimeSpan.FromMinutes(1));
        await crm.Database.Looked(Now);
        Assert.Equal(tasks[0], await crm.Database.Ask<string>($"SELECT string_agg(record_id, ' ') FROM notification WHERE user_id = '{User}'"));

        await crm.Grains.Record("task", tasks[3]).SetDeleted(false, null, Cause());
        await crm.Database.Looked(Now);
        Assert.Equal(2, await crm.Database.Reminders(User));
    }

    [Fact]
    public async Task A_new_time_fires_anew_and_another_edit_does_not()
    {
        await crm.Database.NewUser(User);
        var first = Now.AddMinutes(1);
        var task = await Make(first);
        crm.Clock.Advance(TimeSpan.FromMinutes(1));
        await Expect(1);

        await Edit(task, new { subject = "Call again", owner = User, due = ReminderRows.Time(Now) });
        await Expect(1);
        await Edit(task, new { remindAt = ReminderRows.Time(Now.AddMinutes(5)) });
        await Expect(1);
        crm.Clock.Advance(TimeSpan.FromMinutes(5));
        await Expect(2);

        // It was told of that time already; and without a time there is nothing to tell.
        await Edit(task, new { remindAt = ReminderRows.Time(first) });
        await Expect(2);
        await Edit(task, new { remindAt = (string?)null });
        await Expect(2);
        await Edit(task, new { remindAt = ReminderRows.Time(Now) });
        await Expect(2);
        await Edit(task, new { remindAt = ReminderRows.Time(Now.AddSeconds(1)) });
        crm.Clock.Advance(TimeSpan.FromSeconds(1));
        await Expect(3);
    }

    [Fact]
    public async Task Nobodys_task_reminds_who_made_it_and_what_has_nobody_or_is_long_over_tells_nobody()
    {
        var gone = User + "gone";
        await crm.Database.NewUser(User);
        await crm.Database.NewUser(gone, ended: true);
        await crm.Database.NewTasks(_name + "-made", null, Now, by: User);
        await crm.Database.NewTasks(_name + "-key", null, Now, by: "4711");
        await crm.Database.NewTasks(_name + "-gone", gone, Now, by: User);
        await crm.Database.NewTasks(_name + "-over", User, Now.AddDays(-Reminders.LatestDays).AddSeconds(-1));
        await crm.Database.NewTasks(_name + "-late", User, Now.AddDays(-Reminders.LatestDays));

        await Eventually.True(async () => await crm.Database.Noted(_name) == 5, "all are noted");

        Assert.Equal(
            $"{_name}-late-1 {_name}-made-1",
            await crm.Database.Ask<string>($"SELECT string_agg(record_id, ' ' ORDER BY record_id) FROM notification WHERE record_id LIKE '{_name}%'"));
    }

    [Fact]
    public async Task What_has_fired_before_a_backup_does_not_fire_after_its_restore()
    {
        using var folder = new TempFolder();
        var (file, target) = (Path.Combine(folder.Path, "crm.backup"), await TestServer.CreateDatabase(withSchema: false));
        await crm.Database.NewUser(User);
        await crm.Database.NewTasks(_name, User, Now, 3);
        await crm.Database.NewTasks(_name + "-later", User, Now.AddMinutes(1));
        await Eventually.True(async () => await crm.Database.Reminders(User) == 3, "they fire");

        await Backups.Write(crm.ConnectionString, file, TimeProvider.System);
        await Restoring.Run(target, file, null, TimeProvider.System);

        await using var restored = Npgsql.NpgsqlDataSource.Create(target);
        await using var sources = new DataSources(target);
        var reminders = new Reminders(sources, new FakeTimeProvider(Now));
        Assert.Equal((0, 3), (await reminders.Fire(500), await restored.Reminders(User)));
        reminders = new Reminders(sources, new FakeTimeProvider(Now.AddMinutes(1)));
        Assert.Equal((1, 4), (await reminders.Fire(500), await restored.Reminders(User)));
    }

    private static ChangeCause Cause() => new("tester", null, Guid.NewGuid());

    private async Task Expect(int reminders)
    {
        await crm.Database.Looked(Now);
        Assert.Equal(reminders, await crm.Database.Reminders(User));
    }

    private async Task<string> Make(DateTimeOffset remindAt)
    {
        var id = "ta_" + Guid.NewGuid().ToString("N")[..20];
        var made = await crm.Grains.Record("task", id).Create(JsonSerializer.Serialize(new { subject = "Call", owner = User, remindAt = ReminderRows.Time(remindAt) }), Cause());
        Assert.Equal(RecordRefusal.None, made.Refusal);
        return id;
    }

    private async Task Edit(string task, object patch)
    {
        var edited = await crm.Grains.Record("task", task).Edit(JsonSerializer.Serialize(patch), null, Cause());
        Assert.Equal(RecordRefusal.None, edited.Refusal);
    }
}
