using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

public sealed class MergeLedgerTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly Stores _stores = new(postgres.ConnectionString);

    private IMergeLedger Ledger => _stores.Get<IMergeLedger>();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _stores.DisposeAsync();

    [Fact]
    public async Task The_first_decision_about_a_source_stands()
    {
        var first = await Ledger.Decide("a:shared", "u:first", "identify");
        var second = await Ledger.Decide("a:shared", "u:second", "alias");

        Assert.Equal(("a:shared", "u:first", "identify"), (first!.Source, first.Into, first.Reason));
        Assert.Equal(first, second);
        Assert.Equal(first, await Ledger.Find("a:shared"));
        Assert.Null(await Ledger.Find("u:second"));
    }

    [Fact]
    public async Task A_target_that_was_merged_itself_is_followed_to_its_root()
    {
        await Ledger.Decide("u:b", "u:c", "alias");
        await Ledger.Decide("u:c", "u:d", "alias");

        Assert.Equal("u:d", (await Ledger.Decide("u:a", "u:b", "alias"))!.Into);
        Assert.Equal(["u:a", "u:b", "u:c"], (await Ledger.Into("u:d", 10)).Select(e => e.Source).Order());
        Assert.Equal(2, (await Ledger.Into("u:d", 2)).Count);
        Assert.Equal(["u:b"], (await Ledger.Into("u:c", 10)).Select(e => e.Source));
    }

    [Fact]
    public async Task A_merge_that_would_close_a_cycle_is_refused()
    {
        await Ledger.Decide("u:y", "u:x", "alias");
        await Ledger.Decide("u:z", "u:y", "alias");

        Assert.Null(await Ledger.Decide("u:x", "u:z", "alias"));
        Assert.Null(await Ledger.Decide("u:x", "u:x", "alias"));
        Assert.Null(await Ledger.Find("u:x"));
    }

    [Fact]
    public async Task A_flood_of_parallel_wishes_leaves_a_forest_and_one_answer_for_each_source()
    {
        await using var other = new Stores(postgres.ConnectionString);
        var ids = Enumerable.Range(0, 12).Select(i => $"u:flood-{i}").ToArray();
        var wishes = from source in ids
                     from target in ids
                     from ledger in new[] { Ledger, other.Get<IMergeLedger>() }
                     select (source, Entry: ledger.Decide(source, target, "alias"));
        var answers = wishes.ToArray();
        await Task.WhenAll(answers.Select(a => a.Entry));

        foreach (var source in ids)
        {
            var stands = await Ledger.Find(source);
            Assert.All(answers.Where(a => a.source == source && a.Entry.Result is not null), a => Assert.Equal(stands, a.Entry.Result));
            for (var (at, hops) = (stands, 0); at is not null; at = await Ledger.Find(at.Into))
                Assert.True(++hops < ids.Length, "the ledger has a cycle");
        }

        var root = Assert.Single(await Task.WhenAll(ids.Select(async id => (id, await Ledger.Find(id)))), r => r.Item2 is null);
        Assert.Equal(ids.Length - 1, (await Ledger.Into(root.id, 100)).Count);
    }
}
