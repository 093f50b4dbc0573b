using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

public sealed class CustomerStoreTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly Stores _stores = new(postgres.ConnectionString);

    private ICustomerStore Store => _stores.Get<ICustomerStore>();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _stores.DisposeAsync();

    [Fact]
    public async Task A_row_comes_back_as_it_was_written()
    {
        var seen = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(5));
        Assert.Equal(default, await Store.Read("u:whole"));

        Assert.True(await Store.Write(Row("u:whole", 0, [1, 2, 3]) with { LastSeen = seen, Events = 7, Orders = 2, DueAt = seen }));
        Assert.True(await Store.Write(Row("u:whole", 1, [4, 5]) with { MovedTo = "u:other", DueAt = null }));

        var row = (await Store.Read("u:whole")).Row!;
        Assert.Equal((2, "u:other"), (row.RowVersion, row.MovedTo));
        Assert.Equal([4, 5], row.State);
    }

    [Fact]
    public async Task A_row_comes_with_what_the_ledger_says_and_so_does_a_customer_without_a_row()
    {
        var ledger = _stores.Get<IMergeLedger>();
        await Store.Write(Row("a:given", 0, [1]));
        var given = await ledger.Decide("a:given", "u:taker", "identify");
        var unborn = await ledger.Decide("a:unborn", "u:taker", "alias");

        var read = await Task.WhenAll(Store.Read("a:given"), Store.Read("a:unborn"), Store.Read("u:taker"));

        Assert.Equal([1], read[0].Row!.State);
        Assert.Equal([given, unborn], read[..2].Select(r => r.Merge));
        Assert.Null(read[1].Row);
        Assert.Equal(default, read[2]);
    }

    [Fact]
    public async Task Only_the_owner_that_saw_the_newest_row_writes()
    {
        Assert.True(await Store.Write(Row("u:fenced", 0, [1])));
        Assert.False(await Store.Write(Row("u:fenced", 0, [2])));
        Assert.True(await Store.Write(Row("u:fenced", 1, [3])));
        Assert.False(await Store.Write(Row("u:fenced", 1, [4])));
        Assert.False(await Store.Write(Row("u:fenced", 7, [5])));

        Assert.Equal([3], (await Store.Read("u:fenced")).Row!.State);
    }

    [Fact]
    public async Task A_row_that_vanished_is_not_made_again()
    {
        Assert.False(await Store.Write(Row("u:vanished", 4, [1])));

        Assert.Null((await Store.Read("u:vanished")).Row);
    }

    [Fact]
    public async Task Of_many_owners_at_once_each_version_has_one_winner()
    {
        await using var other = new Stores(postgres.ConnectionString);
        var ids = Enumerable.Range(0, 300).Select(i => $"u:raced-{i}").ToArray();

        for (var version = 0; version < 3; version++)
        {
            var at = version;
            var writes = from id in ids
                         from store in new[] { Store, other.Get<ICustomerStore>() }
                         from twice in new[] { 1, 2 }
                         select (id, Done: store.Write(Row(id, at, [(byte)twice])));
            var answers = writes.ToArray();
            await Task.WhenAll(answers.Select(a => a.Done));
            Assert.All(answers.GroupBy(a => a.id, a => a.Done.Result), won => Assert.Single(won, true));
        }

        var rows = await Task.WhenAll(ids.Select(id => Store.Read(id)));
        Assert.All(rows, row => Assert.Equal(3, row.Row!.RowVersion));
    }

    [Fact]
    public async Task Rejects_dead_letters_and_ids_are_stored_only_with_their_row()
    {
        await Store.Write(Row("u:skips", 0, [1]));
        var rejects = new[]
        {
            new Reject(40, "u:skips", 1, RejectReason.Duplicate),
            new Reject(40, "u:skips", 2, RejectReason.Poison, new LaneEvent(2, new byte[] { 9 }), "what\0went wrong"),
        };
        ExternalId[] names = [new("email", "a@example.org"), new("email", "b@example.org")];

        Assert.False(await Store.Write(Row("u:skips", 5, [2]) with { Rejects = rejects, NewExternalIds = names }));
        Assert.Equal(0L, await postgres.Source.Ask<long>("SELECT count(*) FROM rejected WHERE partition = 40"));
        Assert.Empty(await _stores.Get<ICustomerLookup>().ByExternalId("email", "a@example.org", 10));

        Assert.True(await Store.Write(Row("u:skips", 1, [2]) with { Rejects = rejects, NewExternalIds = names }));
        Assert.True(await Store.Write(Row("u:skips", 2, [3]) with { Rejects = rejects, NewExternalIds = names }));
        Assert.Equal(2L, await postgres.Source.Ask<long>("SELECT count(*) FROM rejected WHERE partition = 40"));
        Assert.Equal(1L, await postgres.Source.Ask<long>("SELECT count(*) FROM dead_letter WHERE partition = 40 AND packed = '\\x09'"));
        Assert.Equal(["u:skips"], await _stores.Get<ICustomerLookup>().ByExternalId("email", "b@example.org", 10));
    }

    [Fact]
    public async Task Pages_of_messages_are_stored_only_with_their_row_and_the_row_only_with_them()
    {
        var pages = new[] { new MessagePage("u:pages", 0, 1_000, [1, ulong.MaxValue]), new MessagePage("u:pages", 1, 2_000, [3]) };
        await Store.Write(Row("u:pages", 0, [1]));

        Assert.False(await Store.Write(Row("u:pages", 5, [2]) with { Pages = pages }));
        Assert.Empty(await Store.ReadPages(new MessagePageRange("u:pages", 0, 64)));

        await postgres.Source.Do("ALTER TABLE message_page ADD CONSTRAINT no_early_pages CHECK (newest_ms > 1500)");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => Store.Write(Row("u:pages", 1, [2]) with { Pages = pages }));
        Assert.Equal(1, (await Store.Read("u:pages")).Row!.RowVersion);
        await postgres.Source.Do("ALTER TABLE message_page DROP CONSTRAINT no_early_pages");

        Assert.True(await Store.Write(Row("u:pages", 1, [2]) with { Pages = pages, NewExternalIds = [new("email", "p@example.org")] }));
        var read = await Task.WhenAll(
            Store.ReadPages(new MessagePageRange("u:pages", 0, 64)), Store.ReadPages(new MessagePageRange("u:pages", 1, 1)), Store.ReadPages(new MessagePageRange("u:other", 0, 64)));
        Assert.Equal([0, 1], read[0].Select(p => p.Number));
        Assert.Equal([1, ulong.MaxValue], read[0][0].Hashes);
        Assert.Equal((1_000, 2_000), (read[0][0].NewestMs, read[0][1].NewestMs));
        Assert.Equal([1], read[1].Select(p => p.Number));
        Assert.Empty(read[2]);
    }

    [Fact]
    public async Task One_customers_bad_data_does_not_stop_the_others_of_its_batch()
    {
        await postgres.Source.Do("ALTER TABLE customer ADD CONSTRAINT no_negative_orders CHECK (orders >= 0)");

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            try
            {
                return await Store.Write(Row($"u:batch-{i}", 0, [1]) with { Orders = i == 42 ? -1 : 1 });
            }
            catch (Npgsql.PostgresException)
            {
                return false;
            }
        }));

        Assert.Equal([42], Enumerable.Range(0, 100).Where(i => !answers[i]));
    }

    [Fact]
    public async Task Due_customers_come_earliest_first_and_only_of_their_partition()
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(50);
        await Store.Write(Row("u:due-2", 0, [1]) with { Partition = 33, DueAt = now.AddSeconds(-1) });
        await Store.Write(Row("u:due-1", 0, [1]) with { Partition = 33, DueAt = now.AddSeconds(-2) });
        await Store.Write(Row("u:later", 0, [1]) with { Partition = 33, DueAt = now.AddSeconds(1) });
        await Store.Write(Row("u:elsewhere", 0, [1]) with { Partition = 34, DueAt = now.AddSeconds(-1) });

        Assert.Equal(["u:due-1", "u:due-2"], await _stores.Partitions.Due(33, now, 10));
        Assert.Equal(["u:due-1"], await _stores.Partitions.Due(33, now, 1));
        await Store.Write(Row("u:due-1", 1, [1]) with { Partition = 33 });
        Assert.Equal(["u:due-2"], await _stores.Partitions.Due(33, now, 10));
    }

    private static CustomerWrite Row(string id, long version, byte[] state) =>
        new() { Id = id, Partition = 0, ExpectedVersion = version, State = state };
}
