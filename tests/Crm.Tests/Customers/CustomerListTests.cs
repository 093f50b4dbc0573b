using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Company;
using Crm.Infrastructure;
using Crm.Records;
using Crm.Records.Filters;
using Xunit;

namespace Crm.Customers;

/// <summary>What lists show of customers is what their profiles say, once all has settled.</summary>
public sealed class CustomerListTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);
    private static readonly Reach s_all = new(true, null, []);

    private RecordLists Lists => crm.Stores.Get<RecordLists>();

    [Fact]
    public async Task After_thousands_of_events_and_merges_each_row_equals_its_profile()
    {
        const int People = 60;
        var random = new Random(7);
        var ids = Enumerable.Range(0, People).Select(_ => crm.NewId()).ToArray();
        for (var round = 0; round < 6; round++)
        {
            var events = Enumerable.Range(0, 500).Select(_ => Something(ids[random.Next(People)], random)).ToList();
            if (round is 2 or 4) events.AddRange(ids.Where((_, at) => at % 3 == round / 2).Select(id => crm.Identify(id, id)));
            await crm.Happen([.. events]);
        }

        await crm.Settle();
        await Eventually.True(async () => await crm.Database.Ask<long>("select count(*) from customer_list_due") == 0, "nothing is due", s_patience);

        foreach (var id in ids.SelectMany(id => new[] { "u:" + id, "a:" + id }))
        {
            var answer = await crm.Grains.Customer(id).View();
            Assert.Equal(Expected(answer), await Row(id));
        }
    }

    [Fact]
    public async Task When_money_is_worth_something_else_the_lists_follow()
    {
        var id = "u:" + crm.NewId();
        await crm.Happen(Order(id, "10.00"));
        await Eventually.True(async () => await Revenue(id) is null, "without a rate there is no sum", s_patience);

        Assert.Null(await crm.Grains.Company().Set(new CompanySettings { Rates = [new ExchangeRate("EUR", new DateOnly(2020, 1, 1), 1.5m)] }, ChangeCause.CommandLine));

        await Eventually.True(async () => await Revenue(id) == "15.00", "it is listed anew", s_patience);
    }

    [Fact]
    public async Task Who_was_merged_is_hidden_with_its_card_and_shown_again_when_taken_apart()
    {
        var (user, visitor) = (crm.NewId(), crm.NewId());
        await crm.Happen(crm.Track("a:" + visitor), crm.Track("u:" + user));
        await Edit("a:" + visitor, """{"tags":["old"],"emails":["v@example.org"],"role":"Buyer"}""");
        await Edit("u:" + user, """{"tags":["mine"],"role":"Owner"}""");
        await crm.Happen(crm.Identify(user, visitor));
        await crm.Settle();

        await Eventually.True(async () => (await Fields("u:" + user))["tags"] is JsonArray { Count: 2 }, "the card is taken over", s_patience);
        var card = await Fields("u:" + user);
        Assert.Equal(("Owner", "v@example.org"), ((string?)card["role"], (string?)card["emails"]![0]));
        Assert.Equal(["u:" + user], await Listed("tags has old"));
        Assert.Equal(0, await crm.Database.Ask<long>("select count(*) from merge_ledger where card_pending is not null"));

        // A late edit of the hidden card comes, too.
        await Edit("a:" + visitor, """{"tags":["old","late"]}""");
        await Eventually.True(async () => (await Fields("u:" + user))["tags"] is JsonArray { Count: 3 }, "what was written late is taken over", s_patience);

        Assert.Equal(UnmergeResult.Done, await crm.Grains.Customer("u:" + user).Unmerge("a:" + visitor));
        Assert.Equal(["a:" + visitor, "u:" + user], (await Listed("tags has old")).Order(StringComparer.Ordinal));
        await Eventually.True(async () => await crm.Database.Ask<long>("select count(*) from customer_list_due") == 0, "both are listed anew", s_patience);
        foreach (var id in (string[])["u:" + user, "a:" + visitor]) Assert.Equal(Expected(await crm.Grains.Customer(id).View()), await Row(id));
    }

    [Fact]
    public async Task A_list_shows_whose_records_one_may_see_in_the_order_of_what_lives()
    {
        var (mine, tag) = ("usr_" + crm.NewId(), crm.NewId());
        var ids = Enumerable.Range(0, 4).Select(_ => "u:" + crm.NewId()).ToArray();
        for (var at = 0; at < ids.Length; at++)
        {
            var order = Order(ids[at], $"{at + 1}.00", "USD");
            await crm.Happen(order with { TimestampMs = order.TimestampMs + (at * 60_000) });
            await Edit(ids[at], $$"""{"tags":["{{tag}}"],"owner":"{{(at < 3 ? mine : "somebody")}}"}""");
        }

        await crm.Settle();
        Assert.Equal([ids[3], ids[2], ids[1], ids[0]], await Listed($"tags has {tag}", "revenue", true));
        Assert.Equal([ids[0], ids[1], ids[2], ids[3]], await Listed($"tags has {tag}", "lastSeen"));
        Assert.Equal([ids[1], ids[2]], await Listed($"tags has {tag} and revenue >= 2", "revenue", whose: new Reach(false, mine, [])));
        Assert.Equal([ids[0], ids[1], ids[2]], await Listed($"tags has {tag} and tier = ordinary and lifecycle in (customer, lapsed)", "lastSeen", whose: new Reach(false, mine, [])));
        Assert.Empty(await Listed($"tags has {tag}", whose: new Reach(false, "usr_nobody", [])));
        Assert.Empty(await Listed($"tags has {tag} and score > 1"));

        var pages = new List<string>();
        (string?, string)? after = null;
        do
        {
            var (page, isLast) = await Lists.Page(Query($"tags has {tag}", "lastSeen", true, s_all) with { Limit = 1, After = after });
            pages.Add(page[0].State.Id);
            after = isLast ? null : (page[0].SortValue, page[0].State.Id);
        }
        while (after is not null);
        Assert.Equal(ids.Reverse(), pages);
        Assert.Equal(3, await Lists.Count(Query($"tags has {tag}", null, false, new Reach(false, mine, []))));
    }

    private BehaviourEvent Something(string id, Random random)
    {
        var lane = (random.Next(2) == 0 ? "u:" : "a:") + id;
        var at = 1_795_000_000_000 + (random.Next(100_000) * 1_000L);
        var happened = random.Next(10) switch
        {
            0 => Order(lane, $"{random.Next(1, 500)}.{random.Next(10, 99)}", "USD"),
            1 => crm.Track(lane) with
            {
                Type = EventType.Identify, Name = null,
                Body = Encoding.UTF8.GetBytes($$$"""{"traits":{"firstName":"小{{{"明红强芳丽"[random.Next(5)]}}}","lastName":"王","email":"{{{id}}}@example.org"}}"""),
            },
            _ => crm.Track(lane),
        };
        return happened with { TimestampMs = at };
    }

    private BehaviourEvent Order(string lane, string revenue, string currency = "EUR") => crm.Track(lane, "Order Completed") with
    {
        Body = Encoding.UTF8.GetBytes($$"""{"properties":{"order_id":"{{crm.NewId()}}","revenue":"{{revenue}}","currency":"{{currency}}"} }"""),
    };

    private async Task Edit(string id, string patch)
    {
        var answer = await crm.Grains.Record(RecordKinds.Customer, id).Edit(patch, null, new ChangeCause("tests", null, Guid.NewGuid()));
        Assert.Equal(RecordRefusal.None, answer.Refusal);
    }

    private async Task<JsonObject> Fields(string id) =>
        (JsonObject)JsonNode.Parse((await crm.Grains.Record(RecordKinds.Customer, id).Get())!.Fields)!;

    private static RecordQuery Query(string filter, string? sort, bool descending, Reach whose) => new(RecordKind.Customer, whose)
    {
        Filter = FilterParser.Parse(filter, RecordKind.Customer, new FilterContext(DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc, null), out var wrong) ?? throw new InvalidOperationException(wrong!.Why),
        Sort = sort is null ? null : RecordKind.Customer.Find(sort),
        Descending = descending,
    };

    private async Task<string[]> Listed(string filter, string? sort = null, bool descending = false, Reach? whose = null) =>
        [.. (await Lists.Page(Query(filter, sort, descending, whose ?? s_all))).Records.Select(r => r.State.Id)];

    private Task<string?> Revenue(string id) => crm.Database.Ask<string>($"select max(revenue::text) from customer_list where id = '{id}'");

    private Task<string?> Row(string id) => crm.Database.Ask<string>($"""
        select max(concat_ws('|', coalesce(moved_to, '-'), case when moved_to is null then concat_ws('|', version, events, sessions, orders, coalesce(revenue::text, '-'), tier, stage,
          coalesce(live_name, '-'), coalesce(live_email, '-'), extract(epoch from first_seen)::bigint, extract(epoch from last_seen)::bigint) end)) from customer_list where id = '{id}'
        """);

    private static string? Expected(CustomerAnswer answer)
    {
        if (answer.MovedTo is { } moved) return moved;
        if (answer.View is not { } view) return null;
        var net = view.Orders == 0 && view.Rfm.Monetary == 0 ? null : view.Rfm.Monetary;
        var stage = view.Orders > 0 ? "customer" : view.Lanes.Any(l => l[0] != 'a') || view.ExternalIds.ContainsKey("email") ? "lead" : "visitor";
        string? first = Trait("firstName"), last = Trait("lastName");
        return string.Join('|', "-", view.Version, view.CountsByType.Values.Sum(), view.Sessions, view.Orders,
            net is { } sum ? Currencies.Format(sum, view.Rfm.Currency) : "-", view.Tier, stage, first is null ? "-" : last + first, Trait("email") ?? "-",
            view.FirstSeenMs / 1_000, (view.LastSeenMs / 1_000)?.ToString(CultureInfo.InvariantCulture));

        string? Trait(string name) => view.Traits.TryGetValue(name, out var json) ? JsonNode.Parse(json)!.GetValue<string>() : null;
    }
}
