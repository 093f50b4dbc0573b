using Crm.Infrastructure;
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
        var terms = Get(out var clock);
        Assert.True(await terms.Set("short", 10));
        Assert.True(await terms.Set("long", 20));

        // The 5th and the 23rd are the first days that are kept; January holds nothing but the short one's.
        Assert.Equal(12 + 2, await terms.Sweep());
        Assert.Equal("long 18,none 20,short 8", await Left());
        Assert.Null(await postgres.Source.Ask<string>("select relname::text from pg_class where relname = 'history_2041_01'"));

        Assert.Equal(0, await terms.Sweep());
        clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(4, await terms.Sweep());
        Assert.True(await terms.Set("short", null));
        clock.Advance(TimeSpan.FromDays(100));
        Assert.Equal(16, await terms.Sweep());
        Assert.Equal("none 20,short 6", await Left());
    }

    [Fact]
    public async Task A_term_is_a_number_of_days()
    {
        var terms = Get(out _);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => terms.Set("listed", 0));
        await terms.Set("listed", 3);
        await terms.Set("listed", 4);

        Assert.Equal([4], (await terms.List()).Where(t => t.Source == "listed").Select(t => t.Days));
        await terms.Set("listed", null);
    }

    private ISourceRetention Get(out FakeTimeProvider clock)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(clock = new FakeTimeProvider(s_now));
        services.AddCrmPostgres(postgres.ConnectionString);
        return services.BuildServiceProvider().GetRequiredService<ISourceRetention>();
    }

    private Task<string?> Left() => postgres.Source.Ask<string>(
        "select string_agg(s || ' ' || n, ',' order by s) from (select source as s, count(*) as n from history group by source) x");
}
