using Crm.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Crm.Clickstream;

/// <summary>What is dropped from log and history, and what never is.</summary>
public sealed class RetentionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly RetentionOptions s_options = new() { BlocksAtATime = 2 };

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

    private async Task<RetentionReport> Run(TimeProvider clock)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(clock);
        services.AddCrmPostgres(postgres.ConnectionString);
        await using var all = services.BuildServiceProvider();
        return await all.GetRequiredService<IRetention>().Run(s_options);
    }

    private async Task<IReadOnlyList<long>> Firsts(int partition) => await postgres.Source.Ask<long[]>(
        $"select array_agg(first_seq order by first_seq) from event_block where partition = {partition}") ?? [];
}
