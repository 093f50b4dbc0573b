using Crm.Infrastructure;
using Xunit;

namespace Crm.Clickstream;

public sealed class EventLogReaderTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_read_begins_with_the_block_that_holds_the_next_event_and_ends_near_what_was_asked()
    {
        await using var stores = new Stores(postgres.ConnectionString);
        for (var block = 0; block < 6; block++) await Append(stores, 0, 5);

        Assert.Equal(30, await stores.Log.Head(0));
        Assert.Equal([1L, 6L], await First(0, 10));
        Assert.Equal([6L, 11L], await First(5, 10));
        Assert.Equal([6L], await First(7, 1));
        Assert.Equal([26L], await First(29, 1_000));
        Assert.Empty(await First(30, 1_000));
        Assert.Equal(0, await stores.Log.Head(31));

        async Task<IEnumerable<long>> First(long after, int maxEvents) =>
            (await stores.Log.Read(0, after, maxEvents)).Select(b => b.FirstSeq);
    }

    [Fact]
    public async Task A_read_of_small_blocks_goes_on_over_several_steps_until_it_has_what_was_asked()
    {
        await postgres.Source.Do("""
            INSERT INTO event_block (partition, first_seq, count, payload) SELECT 30, s, 1, '\x00' FROM generate_series(1, 300) s
            """);
        await using var connection = await postgres.Source.OpenConnectionAsync();

        var some = await LogBlocks.Read(connection, 30, 10, long.MaxValue, 200, 1_000_000, default);
        var rest = await LogBlocks.Read(connection, 30, 210, long.MaxValue, 200, 1_000_000, default);
        var few = await LogBlocks.Read(connection, 30, 10, long.MaxValue, 200, 100, default);

        Assert.Equal(Enumerable.Range(11, 200).Select(n => (long)n), some.Select(b => b.FirstSeq));
        Assert.Equal(Enumerable.Range(211, 90).Select(n => (long)n), rest.Select(b => b.FirstSeq));
        Assert.Equal(100, few.Count);
    }

    [Fact]
    public async Task The_tail_gives_blocks_in_order_from_inside_a_block_on_and_wakes_a_waiting_taker()
    {
        await using var stores = new Stores(postgres.ConnectionString);
        await Append(stores, 1, 3);
        await Append(stores, 1, 3);
        using var follows = stores.Tail.Subscribe(1, 4);

        var first = await stores.Tail.Take(1, 10, Long);
        var next = stores.Tail.Take(1, 10, Long);
        Assert.False(next.IsCompleted);
        await Append(stores, 1, 2);

        Assert.Equal([4L], first.Select(b => b.FirstSeq));
        Assert.Equal([7L], (await next).Select(b => b.FirstSeq));
        Assert.Empty(await stores.Tail.Take(1, 10, Short));
        Assert.Empty(await stores.Tail.Take(2, 10, Short));
    }

    [Fact]
    public async Task A_full_queue_is_read_no_further_until_it_is_taken()
    {
        await using var stores = new Stores(postgres.ConnectionString, o => o.TailBytesPerPartition = 3_000);
        for (var block = 0; block < 12; block++) await Append(stores, 3, 1, bodyBytes: 1_000);
        using var follows = stores.Tail.Subscribe(3, 0);

        var seqs = new List<long>();
        while (seqs.Count < 12)
        {
            var blocks = await stores.Tail.Take(3, 100, Long);
            Assert.InRange(blocks.Count, 1, 4);
            seqs.AddRange(blocks.Select(b => b.FirstSeq));
        }

        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), seqs);
    }

    [Fact]
    public async Task A_later_subscription_takes_the_place_of_an_earlier_one()
    {
        await using var stores = new Stores(postgres.ConnectionString);
        await Append(stores, 4, 2);
        await Append(stores, 4, 2);
        var earlier = stores.Tail.Subscribe(4, 0);
        using var later = stores.Tail.Subscribe(4, 2);
        earlier.Dispose();

        Assert.Equal([3L], (await stores.Tail.Take(4, 10, Long)).Select(b => b.FirstSeq));
    }

    [Fact]
    public async Task The_queries_of_reader_and_tail_go_by_the_key_of_each_partition()
    {
        await postgres.Source.Do("""
            INSERT INTO event_block (partition, first_seq, count, payload)
            SELECT p, s, 1, '\x00' FROM generate_series(20, 27) p, generate_series(1, 3000) s
            """);
        await using var reading = await postgres.Source.OpenConnectionAsync();

        foreach (var sql in new[] { LogBlocks.TailSql, LogBlocks.ReadSql })
        {
            var plan = await Explain(sql);
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
            Assert.Contains("Index Cond", plan, StringComparison.Ordinal);
        }

        async Task<string> Explain(string sql)
        {
            var types = sql == LogBlocks.TailSql ? "smallint[], bigint[], int[], int" : "smallint, bigint, bigint, bigint, bigint, int";
            var values = sql == LogBlocks.TailSql ? "'{20,21}', '{2990,2995}', '{9,9}', 64" : "20, 2990, 5000, 10, 1000, 64";
            await new Npgsql.NpgsqlCommand($"SET plan_cache_mode = force_generic_plan; PREPARE q ({types}) AS {sql}", reading).ExecuteNonQueryAsync();
            await using var rows = await new Npgsql.NpgsqlCommand($"EXPLAIN EXECUTE q ({values})", reading).ExecuteReaderAsync();
            var lines = new List<string>();
            while (await rows.ReadAsync()) lines.Add(rows.GetString(0));
            await rows.CloseAsync();
            await new Npgsql.NpgsqlCommand("DEALLOCATE q", reading).ExecuteNonQueryAsync();
            return string.Join('\n', lines);
        }
    }

    private static Task Append(Stores stores, int partition, int events, int bodyBytes = 20) => stores.Writer.Append(
        [.. Enumerable.Range(0, events).Select(_ => Stores.Event(Stores.LaneOf(partition), Guid.NewGuid().ToString(), bodyBytes))]);
}
