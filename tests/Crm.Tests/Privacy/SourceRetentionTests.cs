using Crm.Access;
using Crm.Clickstream;
using Crm.Infrastructure;
using Crm.Records;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Crm.Privacy;

public sealed class SourceRetentionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly DateTimeOffset s_now = new(2041, 3, 15, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task History_goes_when_its_sources_term_is_over_and_a_month_without_others_goes_whole()
    {
        await postgres.Source.Do("""
            select make_history_months('2041-01-01', 3);
            insert into history (partition, seq, lane, occurred_at, received_at, type, message_id, source, body)
            select 0, i, 'u:' || s, d, d, 1, 'm', s, ''::bytea from (values ('short'), ('long'), ('none')) v (s)
            cross join generate_series(1, 20) i cross join lateral (select '2041-02-20T12:00Z'::timestamptz + make_interval(days => i)) t (d)
            union all select 0, 100 + i, 'u:short', '2041-01-05Z', '2041-01-05Z', 1, 'm', 'short', ''::bytea from generate_series(1, 5) i
            """);
        var clock = new FakeTimeProvider(s_now);
        var terms = new Sources(postgres.Source, clock);
        foreach (var (id, days) in new (string, int?)[] { ("short", 10), ("long", 20), ("none", null) })
            Assert.NotNull(await terms.Create(new Source(id, id, "web") { RetentionDays = days }, ChangeCause.CommandLine));

        // The 5th and the 23rd are the first days that are kept; January holds nothing but the short one's.
        Assert.Equal(12 + 2, await Sweep(clock));
        Assert.Equal("long 18,none 20,short 8", await Left());
        Assert.Null(await postgres.Source.Ask<string>("select relname::text from pg_class where relname = 'history_2041_01'"));

        Assert.Equal(0, await Sweep(clock));
        clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(4, await Sweep(clock));
        Assert.NotNull(await terms.Update((await terms.Get("short"))! with { RetentionDays = null }, ChangeCause.CommandLine));
        clock.Advance(TimeSpan.FromDays(100));
        Assert.Equal(16, await Sweep(clock));
        Assert.Equal("none 20,short 6", await Left());
    }

    private async Task<long> Sweep(TimeProvider clock)
    {
        await using var services = new ServiceCollection().AddLogging().AddSingleton(clock).AddCrmPostgres(postgres.ConnectionString).BuildServiceProvider();
        return (await services.GetRequiredService<IRetention>().Run(new RetentionOptions { HistoryMonths = 1_200 })).Rows;
    }

    private Task<string?> Left() => postgres.Source.Ask<string>(
        "select string_agg(s || ' ' || n, ',' order by s) from (select source as s, count(*) as n from history group by source) x");
}
