using System.Globalization;
using System.Text.Json;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Deals;

/// <summary>Heat over the real API: with the next call, exact, and the same after whatever.</summary>
[Collection(DealsCollection.Name)]
public sealed class HeatApiTests(DealsFixture crm)
{
    private const double Tolerance = 0.003;

    [Fact]
    public async Task An_event_warms_its_deal_with_the_next_call_also_after_the_silo_is_new()
    {
        var user = NewId();
        var deal = await Deal("u:" + user);
        Assert.Equal(0, Value(await Get(deal)));

        var events = new List<(DateTimeOffset At, int Weight)>();
        var position = await Track(user, "Product Viewed", 2, TimeSpan.Zero, events);
        var first = await Get(deal, position);
        await Near(events, first);
        position = await Track(user, "Checkout Started", 12, TimeSpan.Zero, events);
        var second = await Get(deal, position);
        await Near(events, second);

        // Late, out of order, and of a time before the deal.
        position = await Track(user, "Product Added", 8, TimeSpan.FromMinutes(3), events);
        position = await Track(user, "Order Completed", 30, TimeSpan.FromDays(2), null) ?? position;
        position = await Track(user, "Order Refunded", -15, TimeSpan.Zero, events);
        var third = await Get(deal, position);
        await Near(events, third);
        Assert.Equal("Order Refunded", third.Json.GetProperty("heat").GetProperty("because")[0].GetProperty("event").GetString());
        Assert.Equal("u:" + user, third.Json.GetProperty("heat").GetProperty("customers")[0].GetProperty("id").GetString());

        await crm.NewSilo();
        var after = await Get(deal);
        await Near(events, after);
        Assert.Equal(third.Json.GetProperty("version").GetInt64(), after.Json.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Events_change_the_ETag_but_no_editor_is_held_up_by_them()
    {
        var user = NewId();
        var deal = await Deal("u:" + user);
        var before = (await Get(deal)).Headers.GetValues("ETag").Single();
        Assert.Equal(304, (await crm.Ask("GET", $"/api/v1/deals/{deal}", null, null, ("If-None-Match", before))).Status);

        var position = await Track(user, "Product Viewed", 2, TimeSpan.Zero, null);
        var after = await Get(deal, position);

        Assert.NotEqual(before, after.Headers.GetValues("ETag").Single());
        Assert.Equal(200, (await crm.Ask("POST", $"/api/v1/deals/{deal}/move", """{"stage":"engaging"}""", null, ("If-Match", before))).Status);
        Assert.Equal(412, (await crm.Ask("POST", $"/api/v1/deals/{deal}/move", """{"stage":"proposal"}""", null, ("If-Match", before))).Status);
    }

    [Fact]
    public async Task Merges_add_up_and_what_is_taken_apart_is_apart()
    {
        var (user, visitor) = (NewId(), NewId());
        var deal = await Deal("u:" + user);
        var (mine, theirs) = (new List<(DateTimeOffset, int)>(), new List<(DateTimeOffset, int)>());
        await Track(visitor, "Product Added", 8, TimeSpan.Zero, theirs, "anonymousId");
        await Track(user, "Product Viewed", 2, TimeSpan.Zero, mine);
        await crm.Happens("identify", $$"""{"userId":"{{user}}","anonymousId":"{{visitor}}"}""");
        var position = await Track(user, "Checkout Started", 12, TimeSpan.Zero, mine);

        var whole = await Get(deal, position);
        await Near([.. mine, .. theirs], whole);

        var other = await Deal("u:" + user, "a:" + visitor);
        await Near([.. mine, .. theirs], await Get(other, position));
        await Eventually.True(async () => (await crm.Ask("GET", $"/v1/customers/a:{visitor}")).Text("id") == "u:" + user, "they are one");
        Assert.Equal(200, (await crm.Ask("POST", $"/v1/customers/u:{user}/unmerge", $$"""{"source":"a:{{visitor}}"}""")).Status);
        var apart = await Get(deal);
        await Near(mine, apart);
        Assert.True(apart.Json.GetProperty("version").GetInt64() > whole.Json.GetProperty("version").GetInt64());
        await Near([.. mine, .. theirs], await Get(other));
    }

    [Fact]
    public async Task A_board_sorted_by_heat_follows_the_customers()
    {
        var made = (await crm.Ask("POST", "/api/v1/pipelines", """{"name":"Warm"}""")).Json;
        var (pipeline, stage) = (made.GetProperty("id").GetString(), made.GetProperty("stages")[0].GetProperty("id").GetString());
        var (one, two, three) = (NewId(), NewId(), NewId());
        await crm.Make("deal", $$"""{"name":"one","stage":"{{stage}}","customers":["u:{{one}}"]}""");
        await crm.Make("deal", $$"""{"name":"two","stage":"{{stage}}","customers":["u:{{two}}"]}""");
        await Track(one, "Product Viewed", 2, TimeSpan.Zero, null);
        await Track(two, "Product Added", 8, TimeSpan.Zero, null);
        await Order("two,one");

        await Track(one, "Order Completed", 30, TimeSpan.Zero, null);
        await Order("one,two");

        // Whoever is merged in warms the deal, too.
        await Track(three, "Order Completed", 30, TimeSpan.Zero, null, "anonymousId");
        await crm.Happens("identify", $$"""{"userId":"{{two}}","anonymousId":"{{three}}"}""");
        await Order("two,one");
        await Track(one, "Order Completed", 30, TimeSpan.Zero, null);
        await Order("one,two");

        async Task Order(string expected) => await Eventually.True(
            async () => string.Join(',', (await crm.Ask("GET", $"/api/v1/pipelines/{pipeline}/board?sort=heat&stage={stage}")).Json.GetProperty("stages")[0]
                .GetProperty("items").EnumerateArray().Select(i => i.GetProperty("name").GetString())) == expected, $"the order is {expected}", TimeSpan.FromSeconds(60));
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static double Value(Reply reply) => reply.Json.GetProperty("heat").GetProperty("value").GetDouble();

    // By the definition, each event by itself.
    private static Task Near(IEnumerable<(DateTimeOffset At, int Weight)> events, Reply reply)
    {
        var now = TimeProvider.System.GetUtcNow();
        var exact = events.Sum(e => e.Weight * Math.Pow(2, -(now - e.At).TotalDays / 7));
        Assert.Equal(exact, Value(reply), (Tolerance * events.Sum(e => Math.Abs(e.Weight))) + 0.01);
        return Task.CompletedTask;
    }

    private async Task<string> Deal(params string[] customers) => await crm.Make("deal", JsonSerializer.Serialize(new { name = "Warm", customers }));

    private async Task<Reply> Get(string deal, string? position = null)
    {
        var reply = await crm.Ask("GET", $"/api/v1/deals/{deal}" + (position is null ? "" : $"?minPosition={position}"));
        Assert.True(reply.Status == 200, reply.Json.ToString());
        return reply;
    }

    private async Task<string> Track(string id, string name, int weight, TimeSpan ago, List<(DateTimeOffset, int)>? events, string idName = "userId")
    {
        var at = TimeProvider.System.GetUtcNow() - ago;
        if (events is not null && Heat.Day(at) == Heat.Day(TimeProvider.System.GetUtcNow())) events.Add((at, weight));
        return await crm.Happens("track", JsonSerializer.Serialize(new Dictionary<string, object>
        {
            [idName] = id, ["event"] = name, ["timestamp"] = at.ToString("O", CultureInfo.InvariantCulture), ["properties"] = new { product_id = "p", order_id = NewId() },
        }));
    }
}
