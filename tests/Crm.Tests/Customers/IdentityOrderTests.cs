using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

/// <summary>Whoever comes first: the same people come of the same events, on real silos.</summary>
public sealed class IdentityOrderTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    [Fact]
    public async Task A_visitor_who_signs_in_is_the_same_customer_in_every_order_of_arrival()
    {
        var answers = await Task.WhenAll(Orders(5).Select(async order =>
        {
            var (user, visitor) = (crm.NewId(), crm.NewId());
            BehaviourEvent[] events =
            [
                At(1, Named(crm.Track("a:" + visitor), "Viewed")),
                At(2, Named(crm.Track("a:" + visitor), "Searched")),
                At(3, crm.Identify(user, visitor)) with { Body = """{"traits":{"email":"ann@example.org"}}"""u8.ToArray() },
                At(4, Named(crm.Track("u:" + user), "Bought")),
                At(5, Named(crm.Track("a:" + visitor), "Came back")),
            ];
            foreach (var at in order) await crm.Stores.Writer.Append([events[at]]);
            return await Settled(user, [visitor], events);
        }));

        Assert.Equal(120, answers.Length);
        Assert.Single(answers.Distinct());
    }

    [Fact]
    public async Task Chains_of_aliases_are_one_customer_in_every_order_of_arrival()
    {
        var answers = await Task.WhenAll(Orders(4).Select(async order =>
        {
            var (first, second, third, visitor) = (crm.NewId(), crm.NewId(), crm.NewId(), crm.NewId());
            BehaviourEvent[] events =
            [
                At(1, crm.Identify(first, visitor)),
                At(2, Alias(first, second)),
                At(3, Alias(second, third)),
                At(4, Named(crm.Track("a:" + visitor), "Viewed")),
            ];
            foreach (var at in order) await crm.Stores.Writer.Append([events[at]]);
            return await Settled(third, [first, second, visitor], events);
        }));

        Assert.Equal(24, answers.Length);
        Assert.Single(answers.Distinct());
    }

    [Fact]
    public async Task Aliases_in_a_circle_are_one_customer_and_count_everything_once()
    {
        var ids = new[] { crm.NewId(), crm.NewId(), crm.NewId() };
        await Task.WhenAll(Enumerable.Range(0, 3).Select(i => crm.Happen(Alias(ids[i], ids[(i + 1) % 3]), crm.Track("u:" + ids[i]))));
        await crm.Happen(Alias(ids[0], ids[0]));

        await Eventually.True(async () => (await crm.Profile("u:" + ids[0]))?.Lanes.Count(l => l.StartsWith("u:", StringComparison.Ordinal)) == 3, "all are one");
        var profiles = await Task.WhenAll(ids.Select(id => crm.Profile("u:" + id)));
        Assert.Single(profiles.Select(p => p!.Id).Distinct());
        Assert.Equal(3, profiles[0]!.CountsByEvent["Tested"]);
    }

    [Fact]
    public async Task A_shared_browser_belongs_to_its_first_user_and_joins_nobody()
    {
        var (first, second, visitor) = (crm.NewId(), crm.NewId(), crm.NewId());
        await crm.Happen(crm.Track("a:" + visitor));
        await crm.Happen(crm.Identify(first, visitor));
        await Eventually.True(async () => (await crm.Profile("a:" + visitor))?.Id == "u:" + first, "the first has it");

        await crm.Happen(crm.Identify(second, visitor), Named(crm.Track("u:" + second), "Bought") with { AnonymousId = visitor });
        await crm.Happen(crm.Track("a:" + visitor));

        Assert.Equal(2, (await crm.Profile("u:" + first))!.CountsByEvent["Tested"]);
        var other = (await crm.Profile("u:" + second))!;
        Assert.Equal(("u:" + second, 1L), (other.Id, other.CountsByEvent["Bought"]));
        Assert.Empty(other.Merges);
    }

    [Fact]
    public async Task Twenty_parallel_copies_of_a_message_count_once()
    {
        var user = "u:" + crm.NewId();
        var sent = crm.Track(user);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => crm.Happen(sent)));

        Assert.Equal(1, (await crm.Profile(user))!.CountsByEvent["Tested"]);
        await crm.Settle();
        Assert.Equal(1, await crm.Database.Ask<long>($"SELECT count(*) FROM history WHERE lane = '{user}'"));
    }

    /// <summary>The profile without what differs by name or by time of the merge.</summary>
    private async Task<string> Settled(string user, string[] others, BehaviourEvent[] events)
    {
        CustomerView? view = null;
        await Eventually.True(
            async () => (view = await crm.Profile("u:" + user)) is { } now && now.CountsByType.Values.Sum() == events.Length,
            "all events are the user's", TimeSpan.FromMinutes(2));
        foreach (var other in others) Assert.Contains(view!.Lanes, lane => lane[2..] == other);
        var json = JsonSerializer.SerializeToNode(view! with { Merges = [], Lanes = [], Version = 0 })!.AsObject();
        json["Products"] = JsonSerializer.SerializeToNode(new SortedDictionary<string, long>(view!.Products.Viewed, StringComparer.Ordinal));
        var text = json.ToJsonString().Replace(user, "user", StringComparison.Ordinal);
        for (var i = 0; i < others.Length; i++) text = text.Replace(others[i], $"other-{i}", StringComparison.Ordinal);
        return text;
    }

    private BehaviourEvent Alias(string previous, string user) =>
        crm.Track("u:" + user) with { Type = EventType.Alias, Name = null, PreviousId = previous };

    private static BehaviourEvent Named(BehaviourEvent happened, string name) => happened with { Name = name };

    private static BehaviourEvent At(int minute, BehaviourEvent happened) => happened with { TimestampMs = happened.TimestampMs + minute * 60_000 };

    private static IEnumerable<int[]> Orders(int count) => count == 0
        ? [[]]
        : Orders(count - 1).SelectMany(order => Enumerable.Range(0, count).Select(at => (int[])[.. order[..at], count - 1, .. order[at..]]));
}
