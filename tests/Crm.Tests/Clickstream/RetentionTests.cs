using Crm.Infrastructure;
using Crm.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Crm.Clickstream;

/// <summary>What is dropped from log and history, and what never is.</summary>
public sealed class RetentionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly RetentionOptions s_options = new() { BlocksAtATime = 2, RowsAtATime = 7, NotificationsOfAUser = 20 };

    [Fact]
    public async Task Blocks_go_when_both_checkpoints_passed_them_and_their_days_are_over()
    {
        // Partition 1 is all delivered, 2 has history at 15, 3 is young, 4 has nothing delivered. Ten events a block.
        await postgres.Source.Do("""
            insert into partition_state (partition, checkpoint, history) values (1, 70, 70), (2, 70, 15), (3, 70, 70), (4, 0, 0);
            insert into event_block (partition, first_seq, count, payload, committed_at)
            select p, b * 10 + 1, 10, '', case when p = 3 then now() else now() - interval '8 days' end
            from generate_series(1, 4) p, generate_series(0, 6) b
            """);

        var report = await Run(TimeProvider.System);

        Assert.Equal(6 + 1, report.Blocks);
        Assert.Equal<long>([61], await Firsts(1));
        Assert.Equal<long>([11, 21, 31, 41, 51, 61], await Firsts(2));
        Assert.Equal(7, (await Firsts(3)).Count);
        Assert.Equal(7, (await Firsts(4)).Count);
        Assert.Equal(0, (await Run(TimeProvider.System)).Blocks);
    }

    [Fact]
    public async Task Months_of_history_are_made_ahead_and_dropped_when_over()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2031, 5, 31, 23, 0, 0, TimeSpan.Zero));

        var first = await Run(clock);
        clock.SetUtcNow(new DateTimeOffset(2033, 6, 1, 1, 0, 0, TimeSpan.Zero));
        var kept = await Run(clock);
        clock.SetUtcNow(new DateTimeOffset(2033, 7, 1, 1, 0, 0, TimeSpan.Zero));
        var later = await Run(clock);

        Assert.Equal((3, 3), (first.MonthsMade, first.MonthsDropped));
        Assert.Equal((3, 0), (kept.MonthsMade, kept.MonthsDropped));
        Assert.Equal((1, 1), (later.MonthsMade, later.MonthsDropped));
        Assert.Equal(
            "history_2031_06,history_2031_07,history_2033_06,history_2033_07,history_2033_08,history_2033_09",
            await postgres.Source.Ask<string>("select string_agg(relname, ',' order by relname) from pg_class where relname ~ '^history_203[13]_[0-9]*$'"));
    }

    [Fact]
    public async Task Pages_of_messages_go_when_no_event_that_still_waits_can_be_a_copy()
    {
        await using var own = new OwnDatabase();
        var database = await own.Create();
        var now = new DateTimeOffset(2031, 5, 31, 12, 0, 0, TimeSpan.Zero);
        await database.Do($"""
            insert into event_log (id, partitions) values (gen_random_uuid(), 4);
            insert into partition_state (partition, checkpoint, history) values (0, 10, 10), (1, 10, 10);
            insert into event_block (partition, first_seq, count, payload, committed_at) values
              (0, 1, 10, '', '2031-05-20'), (1, 1, 10, '', '2031-05-20'), (1, 11, 5, '', '2031-05-31 02:00Z'), (1, 16, 5, '', '2031-05-31 11:00Z');
            insert into message_page select 'u:p', n, extract(epoch from timestamptz '2031-05-31 12:00Z' - n * interval '1 hour') * 1000, '' from generate_series(0, 250) n;
            insert into parked_event (partition, lane, seq, packed) values (0, 'u:p', 3, '')
            """);

        // Parked events wait since nobody knows when.
        Assert.Equal(250 - 10 - 25 - (7 * 24), (await Run(own.ConnectionString, now)).Pages);
        await database.Do("delete from parked_event");

        // Events of two o'clock wait.
        Assert.Equal(7 * 24, (await Run(own.ConnectionString, now)).Pages);
        await database.Do("update partition_state set checkpoint = 20 where partition = 1");
        Assert.Equal(10, (await Run(own.ConnectionString, now)).Pages);
        Assert.Equal(26L, await database.Ask<long>("select count(*) from message_page"));
    }

    [Fact]
    public async Task Numbers_of_rejected_events_go_with_their_blocks()
    {
        await using var own = new OwnDatabase();
        var database = await own.Create();
        await database.Do("""
            insert into partition_state (partition, checkpoint, history) values (1, 30, 30), (2, 30, 30);
            insert into event_block (partition, first_seq, count, payload) values (1, 21, 10, ''), (2, 1, 30, '');
            insert into rejected (partition, seq, lane, reason) select p, n, 'u:x', 1 from generate_series(1, 2) p, generate_series(1, 30) n;
            insert into parked_event (partition, lane, seq, packed) values (1, 'u:x', 7, '')
            """);

        Assert.Equal(19, (await Run(own.ConnectionString, DateTimeOffset.UnixEpoch.AddYears(60))).Rejects);

        Assert.Equal(11L, await database.Ask<long>("select count(*) from rejected where partition = 1"));
        Assert.Equal(30L, await database.Ask<long>("select count(*) from rejected where partition = 2"));
    }

    [Fact]
    public async Task Notifications_go_when_they_are_old_or_their_user_has_too_many()
    {
        await using var own = new OwnDatabase();
        var database = await own.Create();
        foreach (var user in (string[])["few", "many", "old"]) await database.NewUser(user);
        await database.Do("""
            insert into notification (user_id, kind, record_kind, record_id, at, created_at)
            select user_id, 'task.reminder', 'task', user_id || n || '/' || days, now(), timestamptz '2031-05-31' - (days || ' days')::interval - interval '1 second'
            from (values ('old', 90, 9), ('few', 89, 20), ('old', 1, 1), ('many', 1, 50)) as u (user_id, days, count), generate_series(1, count) n
            """);

        Assert.Equal(9 + 30, (await Run(own.ConnectionString, new DateTimeOffset(2031, 5, 31, 0, 0, 0, TimeSpan.Zero))).Notifications);

        Assert.Equal("few 20, many 20, old 1", await database.Ask<string>(
            "select string_agg(user_id || ' ' || n, ', ' order by user_id) from (select user_id, count(*) n from notification group by 1) c"));
        Assert.Equal("many31/1", await database.Ask<string>("select record_id from notification where user_id = 'many' order by id limit 1"));
    }

    private static async Task<RetentionReport> Run(string connectionString, DateTimeOffset now) => await Run(connectionString, new FakeTimeProvider(now));

    private Task<RetentionReport> Run(TimeProvider clock) => Run(postgres.ConnectionString, clock);

    private static async Task<RetentionReport> Run(string connectionString, TimeProvider clock)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(clock);
        services.AddCrmPostgres(connectionString);
        await using var all = services.BuildServiceProvider();
        return await all.GetRequiredService<IRetention>().Run(s_options);
    }

    private async Task<IReadOnlyList<long>> Firsts(int partition) => await postgres.Source.Ask<long[]>(
        $"select array_agg(first_seq order by first_seq) from event_block where partition = {partition}") ?? [];
}
