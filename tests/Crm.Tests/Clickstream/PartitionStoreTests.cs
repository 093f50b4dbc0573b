using Crm.Customers;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Clickstream;

public sealed class PartitionStoreTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly Stores _stores = new(postgres.ConnectionString);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _stores.DisposeAsync();

    [Fact]
    public async Task A_checkpoint_never_falls_and_takes_aside_only_what_lies_above_it()
    {
        var lane = Stores.LaneOf(0);
        Assert.Equal((0, 0), Numbers(await _stores.Partitions.Load(0)));
        Assert.Equal(10, await _stores.Partitions.Advance(0, 10, [], []));

        Assert.Equal(10, await _stores.Partitions.Advance(0, 7, [Parked(lane, 5), Parked(lane, 10), Parked(lane, 11)], []));
        Assert.Equal(20, await _stores.Partitions.Advance(0, 20, [Parked(lane, 11), Parked(lane, 12)], []));

        Assert.Equal([11, 12], (await _stores.Partitions.ReadParked(0, lane, 10)).Select(e => e.Seq));
        Assert.Equal([11], (await _stores.Partitions.ReadParked(0, lane, 1)).Select(e => e.Seq));
        Assert.Equal([lane], (await _stores.Partitions.Load(0)).ParkedLanes);
        Assert.Equal((20, 0), Numbers(await _stores.Partitions.Load(0)));
    }

    [Fact]
    public async Task Merges_that_wait_stand_beside_the_highest_checkpoint()
    {
        LaneMerge[] before = [new("u:1", "a:1"), new("u:1", "a:2")], after = [new("u:2", "a:3")];
        await _stores.Partitions.Advance(5, 10, [], before);
        Assert.Equal(before, (await _stores.Partitions.Load(5)).Merging);

        await _stores.Partitions.Advance(5, 20, [], after);
        await _stores.Partitions.Advance(5, 15, [], before);

        Assert.Equal(after, (await _stores.Partitions.Load(5)).Merging);
        Assert.Empty((await _stores.Partitions.Load(6)).Merging);
        await _stores.Partitions.Advance(5, 20, [], []);
        Assert.Empty((await _stores.Partitions.Load(5)).Merging);
    }

    [Fact]
    public async Task Owners_in_parallel_leave_the_highest_checkpoint()
    {
        await Task.WhenAll(Enumerable.Range(1, 50).Select(n => _stores.Partitions.Advance(1, n * 7 % 50, [], [])));

        Assert.Equal(49, (await _stores.Partitions.Load(1)).Checkpoint);
    }

    [Fact]
    public async Task Two_projectors_write_each_event_once_and_never_pass_the_checkpoint()
    {
        await using var other = new Stores(postgres.ConnectionString);
        var ids = await Append(2, 90);
        await _stores.Partitions.Advance(2, 80, [], []);

        await Task.WhenAll(from store in new[] { _stores, other } from _ in Enumerable.Range(0, 2) select Project(store.Partitions));

        Assert.Equal(ids[..80], await History(2));
        Assert.Equal((80, 80), Numbers(await _stores.Partitions.Load(2)));

        async Task Project(IPartitionStore store)
        {
            while (await store.ProjectHistory(2, 7) < 80)
            {
            }
        }
    }

    [Fact]
    public async Task Rejects_and_parked_events_are_left_out_and_a_parking_that_ends_fills_the_gap_once()
    {
        var lane = Stores.LaneOf(3);
        var ids = await Append(3, 20);
        var events = (await _stores.Log.Read(3, 0, 100)).SelectMany(b => b.Events()).ToDictionary(e => e.Seq);
        await Reject(3, lane, 4);
        await Reject(3, lane, 12);
        await _stores.Partitions.Advance(3, 10, [.. new[] { 5L, 9, 12, 15, 18 }.Select(seq => new ParkedEvent(lane, events[seq]))], []);
        Assert.Equal(10, await _stores.Partitions.ProjectHistory(3, 1_000));
        Assert.Equal(Ids(1, 2, 3, 6, 7, 8, 10), await History(3));
        await _stores.Partitions.Advance(3, 16, [], []);

        Assert.False(await _stores.Partitions.Unpark(3, lane, 15));
        Assert.Equal(Ids(1, 2, 3, 5, 6, 7, 8, 9, 10), await History(3));
        Assert.Equal(16, await _stores.Partitions.ProjectHistory(3, 1_000));
        Assert.True(await _stores.Partitions.Unpark(3, lane, 18));
        await _stores.Partitions.Advance(3, 20, [], []);
        Assert.Equal(20, await _stores.Partitions.ProjectHistory(3, 1_000));

        Assert.Equal(Ids([.. Enumerable.Range(1, 20).Except([4, 12])]), await History(3));

        string[] Ids(params int[] seqs) => [.. seqs.Select(seq => ids[seq - 1])];
    }

    [Fact]
    public async Task A_parking_that_ends_while_history_is_projected_loses_nothing()
    {
        const int partition = 6;
        var lane = Stores.LaneOf(partition);
        var ids = new List<string>();
        for (var below = 0; below < 400; below += 40)
        {
            ids.AddRange(await Append(partition, 40));
            var end = below + 40;
            var events = (await _stores.Log.Read(partition, below, 100)).SelectMany(b => b.Events()).ToArray();
            await _stores.Partitions.Advance(partition, end, [.. events.Where(e => e.Seq % 2 == 0).Select(e => new ParkedEvent(lane, e))], []);

            await Task.WhenAll(
                Task.Run(async () =>
                {
                    while (await _stores.Partitions.ProjectHistory(partition, 1) < end)
                    {
                    }
                }),
                Task.Run(async () =>
                {
                    for (var upTo = end - 38; upTo <= end; upTo += 2) await _stores.Partitions.Unpark(partition, lane, upTo);
                }));

            Assert.Equal(ids, await History(partition));
        }
    }

    [Fact]
    public async Task What_the_history_holds_is_what_was_logged_and_bad_texts_and_damaged_events_do_not_stop_it()
    {
        var lane = Stores.LaneOf(4);
        var strange = Stores.Event(lane, "with\0zero\0", 1) with { Name = null, Source = "web", TimestampMs = 1_700_000_000_123 };
        await _stores.Writer.Append([strange, strange with { Name = "", MessageId = "empty name" }]);
        await postgres.Source.Do("INSERT INTO event_block (partition, first_seq, count, payload) VALUES (4, 3, 1, '\\x03010500')");
        await _stores.Partitions.Advance(4, 3, [], []);

        Assert.Equal(3, await _stores.Partitions.ProjectHistory(4, 10));

        var page = await _stores.Get<IHistory>().Read([lane], null, 10, new HistoryFilter());
        Assert.Equal(["empty name", "with\uFFFDzero\uFFFD"], page.Items.Select(i => i.MessageId));
        var item = page.Items[1];
        Assert.Equal((4, 1L, lane, EventType.Track, (string?)null, "web"), (item.Partition, item.Seq, item.Lane, item.Type, item.Name, item.Source));
        Assert.Equal((strange.TimestampMs, strange.ReceivedAtMs), (item.TimestampMs, item.ReceivedAtMs));
        Assert.True(strange.Body.Span.SequenceEqual(item.Body.Span));
        Assert.Equal(3L, await postgres.Source.Ask<long>("SELECT seq FROM dead_letter WHERE partition = 4"));
    }

    private static (long, long) Numbers(PartitionState state) => (state.Checkpoint, state.History);

    private static ParkedEvent Parked(string lane, long seq) => new(lane, new LaneEvent(seq, new byte[] { 1, 2, 3 }));

    private async Task<string[]> Append(int partition, int count)
    {
        var ids = Enumerable.Range(0, count).Select(i => $"{partition}-{i}").ToArray();
        foreach (var some in ids.Chunk(6)) await _stores.Writer.Append([.. some.Select(id => Stores.Event(Stores.LaneOf(partition), id))]);
        return ids;
    }

    private async Task Reject(int partition, string lane, long seq)
    {
        var written = await _stores.Get<ICustomerStore>().Write(new CustomerWrite
        {
            Id = $"{lane}-{seq}",
            Partition = partition,
            ExpectedVersion = 0,
            State = [1],
            Rejects = [new Reject(partition, lane, seq, RejectReason.Duplicate)],
        });
        Assert.True(written);
    }

    private async Task<string[]> History(int partition)
    {
        await using var command = postgres.Source.CreateCommand($"SELECT message_id FROM history WHERE partition = {partition} ORDER BY seq");
        var ids = new List<string>();
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) ids.Add(rows.GetString(0));
        return [.. ids];
    }
}
