using System.Text.Json;
using Crm.Clickstream;
using Crm.Company;
using Crm.Infrastructure;
using Orleans.Runtime;
using Xunit;

namespace Crm.Customers;

/// <summary>Merges that are taken back, on two silos and a real database.</summary>
public sealed class UnmergeTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    private static readonly DateTimeOffset s_now = TimeProvider.System.GetUtcNow();

    private IUnmerging Unmerging => crm.Stores.Get<IUnmerging>();

    [Fact]
    public async Task Both_are_what_they_would_be_without_the_merge()
    {
        var (user, visitor) = ("u:" + crm.NewId(), "a:" + crm.NewId());
        BehaviourEvent[] users = [Bought(user, "o1", 10), crm.Identify(user[2..], visitor[2..]) with { Faults = EventFaults.Timestamp }, Bought(user, "o2", 20)];
        BehaviourEvent[] visitors = [crm.Track(visitor, "Viewed"), crm.Track(visitor, "Searched")];
        BehaviourEvent[] after = [crm.Track(visitor, "Came back"), Bought(user, "o3", 5)];
        await crm.Happen([.. visitors, .. users]);
        await Merged(visitor, user);
        await crm.Settle();
        await crm.Happen(after);
        var whole = (await crm.Profile(user))!;

        Assert.Equal(UnmergeResult.Done, await Unmerge(user, visitor));

        var (stays, left) = ((await crm.Profile(user))!, (await crm.Profile(visitor))!);
        Assert.Equal(Comparable(Alone([.. users, after[1]])), Comparable(stays));
        Assert.Equal(Comparable(Alone([.. visitors, after[0]])), Comparable(left));
        Assert.Equal((user, visitor), (stays.Id, left.Id));
        Assert.True(stays.Version > whole.Version && left.Version > whole.Version, "nobody is shown an older version");
        Assert.Empty(stays.Merges);
    }

    [Fact]
    public async Task Each_goes_on_with_its_own_events_also_when_its_silo_is_new()
    {
        var (user, visitor) = await Couple();
        Assert.Equal(UnmergeResult.Done, await Unmerge(user, visitor));

        await crm.Happen(crm.Track(visitor, "Later"), crm.Track(user, "Later"));
        await crm.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        await crm.Happen(crm.Track(visitor, "Later"));

        Assert.Equal(2, (await crm.Profile(visitor))!.CountsByEvent["Later"]);
        Assert.Equal(1, (await crm.Profile(user))!.CountsByEvent["Later"]);
        await crm.Settle();
    }

    [Fact]
    public async Task The_next_event_with_both_ids_does_not_merge_them_again_until_the_bar_is_lifted()
    {
        var (user, visitor) = await Couple();
        Assert.Equal(UnmergeResult.Done, await Unmerge(user, visitor));

        await crm.Happen(crm.Identify(user[2..], visitor[2..]), Alias(visitor[2..], user));
        Assert.Equal(visitor, (await crm.Profile(visitor))!.Id);
        var bar = Assert.Single(await Unmerging.Bars(user, 10));
        Assert.Equal((visitor, user), (bar.One, bar.Other));

        Assert.True(await Unmerging.Lift(user, visitor));
        await crm.Grains.Customer(user).Forgive(visitor);
        await crm.Happen(crm.Identify(user[2..], visitor[2..]));
        await Merged(visitor, user);
        Assert.Equal(2, (await crm.Profile(user))!.CountsByEvent["Tested"]);
        Assert.False(await Unmerging.Lift(user, visitor));
    }

    [Fact]
    public async Task Who_came_because_of_the_one_who_leaves_leaves_with_it()
    {
        var (user, other, visitor, ours) = ("u:" + crm.NewId(), "u:" + crm.NewId(), "a:" + crm.NewId(), "a:" + crm.NewId());
        await crm.Happen(crm.Track(user), crm.Track(other), crm.Track(visitor), crm.Track(ours));
        await crm.Happen(Alias(other[2..], user));
        await Merged(other, user);
        await crm.Happen(crm.Identify(other[2..], visitor[2..]), crm.Identify(user[2..], ours[2..]));
        await Merged(visitor, user);
        await Merged(ours, user);

        Assert.Equal(UnmergeResult.Done, await Unmerge(user, other));

        var (stays, left) = ((await crm.Profile(user))!, (await crm.Profile(other))!);
        // An alias does not say whether the earlier id is a user's or a visitor's: the latter is taken apart for itself.
        Assert.Equal(new[] { user, ours, "a:" + other[2..] }.Order(), stays.Lanes.Order());
        Assert.Equal(new[] { other, visitor }.Order(), left.Lanes.Order());
        Assert.Equal(other, (await crm.Profile(visitor))!.Id);
        Assert.Equal(user, (await crm.Profile(ours))!.Id);
        await crm.Happen(crm.Track(visitor));
        Assert.Equal(3, (await crm.Profile(other))!.CountsByEvent["Tested"]);
        Assert.Equal(visitor, Assert.Single(left.Merges).Source);
    }

    [Fact]
    public async Task Copies_of_what_counted_before_do_not_count_afterwards()
    {
        var (user, visitor) = ("u:" + crm.NewId(), "a:" + crm.NewId());
        var (seen, bought) = (crm.Track(visitor), crm.Track(user));
        await crm.Happen(seen, bought, crm.Identify(user[2..], visitor[2..]));
        await Merged(visitor, user);
        Assert.Equal(UnmergeResult.Done, await Unmerge(user, visitor));

        await crm.Happen(seen, bought);

        Assert.Equal(1, (await crm.Profile(visitor))!.CountsByEvent["Tested"]);
        Assert.Equal(1, (await crm.Profile(user))!.CountsByEvent["Tested"]);
    }

    [Fact]
    public async Task What_the_history_no_longer_has_is_refused_and_nothing_changes()
    {
        var (user, visitor) = await Couple();
        await crm.Settle();
        await crm.Database.Do($"DELETE FROM history WHERE lane = '{visitor}'");

        Assert.Equal(UnmergeResult.HistoryGone, await Unmerge(user, visitor));

        Assert.Equal(user, (await crm.Profile(visitor))!.Id);
        Assert.Empty(await Unmerging.Bars(user, 10));
        Assert.Equal(UnmergeResult.NotMerged, await Unmerge(user, "a:" + crm.NewId()));
    }

    [Fact]
    public async Task Rows_of_an_older_build_are_folded_as_far_as_they_tell()
    {
        var (user, visitor) = ("u:" + crm.NewId(), "a:" + crm.NewId());
        var identify = crm.Identify(user[2..], visitor[2..]) with { Body = JsonSerializer.SerializeToUtf8Bytes(new { anonymousId = visitor[2..], traits = new { plan = "pro" } }) };
        await crm.Happen(crm.Track(visitor), identify);
        await Merged(visitor, user);
        await crm.Settle();
        await crm.Database.Do($"UPDATE history SET visitor = NULL, faults = NULL WHERE lane IN ('{user}', '{visitor}')");

        Assert.Equal(UnmergeResult.Done, await Unmerge(user, visitor));

        Assert.Equal(Comparable(Alone([identify])), Comparable((await crm.Profile(user))!));
    }

    [Fact]
    public async Task Many_take_apart_at_once_what_goes_on_to_be_busy()
    {
        var user = "u:" + crm.NewId();
        var visitors = Enumerable.Range(0, 6).Select(_ => "a:" + crm.NewId()).ToArray();
        await crm.Happen([crm.Track(user), .. visitors.SelectMany(v => new[] { crm.Track(v), crm.Identify(user[2..], v[2..]) })]);
        foreach (var visitor in visitors) await Merged(visitor, user);

        var traffic = Task.WhenAll(Enumerable.Range(0, 30).Select(i => crm.Happen(crm.Track(visitors[i % 6]), crm.Track(user))));
        var results = await Task.WhenAll(visitors.Select(v => Unmerge(user, v)));
        await traffic;

        Assert.All(results, r => Assert.Equal(UnmergeResult.Done, r));
        foreach (var visitor in visitors) Assert.Equal((visitor, 6L), ((await crm.Profile(visitor))!.Id, (await crm.Profile(visitor))!.CountsByEvent["Tested"]));
        Assert.Equal(31, (await crm.Profile(user))!.CountsByEvent["Tested"]);
        await crm.Settle();
    }

    private async Task<(string User, string Visitor)> Couple()
    {
        var (user, visitor) = ("u:" + crm.NewId(), "a:" + crm.NewId());
        await crm.Happen(crm.Track(visitor), crm.Track(user), crm.Identify(user[2..], visitor[2..]));
        await Merged(visitor, user);
        return (user, visitor);
    }

    private Task Merged(string source, string into) => Eventually.True(
        async () => (await crm.Profile(into))?.Lanes.Contains(source) is true && (await crm.Profile(source))?.Id == into, $"{source} is merged");

    /// <summary>As callers do: again while something is under way.</summary>
    private async Task<UnmergeResult> Unmerge(string user, string source) => await Eventually.Value(
        async () => await crm.Grains.Customer(user).Unmerge(source) is var result and not UnmergeResult.NotYet ? result : (UnmergeResult?)null,
        "the merge is taken back", TimeSpan.FromMinutes(1));

    private BehaviourEvent Bought(string user, string order, int revenue) => crm.Track(user, "Order Completed") with
    {
        Body = JsonSerializer.SerializeToUtf8Bytes(new { properties = new { order_id = order, revenue, currency = "EUR" } }),
    };

    private BehaviourEvent Alias(string previous, string user) =>
        crm.Track(user) with { Type = EventType.Alias, Name = null, PreviousId = previous };

    private static CustomerView Alone(BehaviourEvent[] events) => Given.Profile(events).View("", [], [], new CompanySettings(), s_now);

    private static string Comparable(CustomerView view)
    {
        var json = JsonSerializer.SerializeToNode(view with { Id = "", Lanes = [], Merges = [], Version = 0 })!.AsObject();
        json["Products"] = JsonSerializer.SerializeToNode(new SortedDictionary<string, long>(view.Products.Viewed, StringComparer.Ordinal));
        return json.ToJsonString();
    }
}
