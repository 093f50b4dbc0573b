using Crm.Infrastructure;
using Npgsql;
using Xunit;

namespace Crm.Tasks;

/// <summary>A silo that is killed while it fires a reminder: the next one fires it, if it has not fired, and only then.</summary>
public sealed class ReminderKillTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int Gate = 4_712;
    private const string Held = $"FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712 AND NOT granted";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reminder_whose_silo_dies_fires_once(bool stored)
    {
        var (database, user, name) = (postgres.Source, $"usr_{stored}", $"killed-{stored}");
        await database.NewUser(user);
        await using var gate = await database.OpenConnectionAsync();
        await Do(gate, $"SELECT pg_advisory_lock({Gate})");
        await database.Do($"""
            CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared({Gate}); RETURN new; END $$;
            CREATE TRIGGER held BEFORE INSERT ON notification FOR EACH ROW EXECUTE FUNCTION held();
            """);
        await database.NewTasks(name, user, TimeProvider.System.GetUtcNow());

        await using (var silo = await HostProcess.Silo(postgres.ConnectionString))
        {
            await Eventually.True(async () => await database.Ask<long>($"SELECT count(*) {Held}") > 0, "it is about to tell", s_patience);
            await silo.Kill();
        }

        // What the server has been asked to do it does, though nobody hears of it; unless its connection ends first.
        if (!stored) await database.Do($"SELECT pg_terminate_backend(pid, 10000) {Held}");
        await Do(gate, $"SELECT pg_advisory_unlock({Gate})");
        await database.Do("DROP TRIGGER held ON notification; DROP FUNCTION held()");
        Assert.Equal((stored ? 1 : 0, stored ? 1 : 0), (await database.Reminders(user), await database.Noted(name)));

        await using var next = await HostProcess.Silo(postgres.ConnectionString);
        await Eventually.True(async () => await database.Noted(name) == 1, "it has fired", s_patience);
        await database.Looked(TimeProvider.System.GetUtcNow());
        Assert.Equal(1, await database.Reminders(user));
    }

    private static async Task Do(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
