using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Crm.Deals;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Segments;

/// <summary>What segments ask beside a customer's own events: others who bought, deals, companies. And what is taken out of segments.</summary>
public sealed class SegmentFactsApiTests(DealsFixture crm) : SegmentApi(crm), IClassFixture<DealsFixture>
{
    [Fact]
    public async Task Clusters_and_scores_are_found_of_those_who_bought_and_stay_the_same_ones()
    {
        Assert.Equal(409, (await Ask("POST", "/api/v1/segments/rfm", "{}")).Status);
        var (best, lost) = (new List<string>(), new List<string>());
        var now = DateTimeOffset.UtcNow;
        for (var at = 0; at < 30; at++)
        {
            best.Add(NewUser());
            for (var order = 0; order < 4; order++) await Order(best[^1], now.AddDays(-2 - order - (at % 5)), 100 + at);
            lost.Add(NewUser());
            await Order(lost[^1], now.AddDays(-300 - at), 10 + (at / 10m));
        }

        await Eventually.True(async () => await Fixture.Database.Ask<long>("SELECT count(*) FROM customer_record WHERE orders > 0") >= 60, "all who bought are listed");
        var made = await Ask("POST", "/api/v1/segments/rfm", """{"clusters":2}""");
        Assert.True(made.Status == 200, made.Json.ToJsonString());
        var model = made.Json["model"]!;
        Assert.Equal(60, (long)model["buyers"]!);
        Assert.Equal(60, model["cells"]!.AsArray().Sum(c => (int)c!));
        var clusters = model["clusters"]!.AsArray();
        Assert.Equal(["best", "lapsed"], clusters.Select(c => (string)c!["name"]!));
        Assert.Equal([30, 30], clusters.Select(c => (int)c!["customers"]!));

        var (alive, _) = await Make($"cluster = \"{clusters[0]!["id"]}\"");
        var (old, _) = await Make("rfm.recency <= 2 and rfm.frequency = 1");
        var (never, _) = await Make("cluster is empty");
        var visitor = NewUser();
        await View(visitor, "Nothing");
        await Filled();
        await Eventually.True(async () => (await Members(alive)).Order().SequenceEqual(best.Select(u => "u:" + u).Order()), "the best are in");
        Assert.Subset(lost.Select(u => "u:" + u).ToHashSet(), (await Members(old)).ToHashSet());
        Assert.NotEmpty(await Members(old));
        Assert.Contains(never, await Segments(visitor));

        // Whoever buys again is among the others with the next read.
        foreach (var times in Enumerable.Range(0, 3)) await Order(lost[0], now.AddMinutes(times), 120);
        Assert.Contains(alive, await Segments(lost[0], await Order(lost[0], now, 120)));

        // Found anew, what continues a cluster has its name.
        var again = await Ask("POST", "/api/v1/segments/rfm", """{"clusters":3}""");
        Assert.Equal(200, again.Status);
        string[] ids = [.. again.Json["model"]!["clusters"]!.AsArray().Select(c => (string)c!["id"]!)];
        Assert.Equal(3, ids.Length);
        Assert.Equal(ids, ids.Distinct());
        Assert.Superset(clusters.Select(c => (string)c!["id"]!).ToHashSet(), ids.ToHashSet());
        Assert.Equal(422, (await Ask("POST", "/api/v1/segments/rfm", """{"clusters":"many"}""")).Status);
        Assert.Equal(422, (await Ask("POST", "/api/v1/segments/rfm", """{"clusters":99}""")).Status);
        Assert.Equal(3, (int)(await Ask("GET", "/api/v1/segments/rfm")).Json["clusters"]!);
    }

    [Fact]
    public async Task Deals_and_companies_count_as_they_change()
    {
        var (open, _) = await Make("deals.open >= 1 and deals.openAmount >= 500");
        var (won, _) = await Make("deals.won >= 1 and deals.lastWon >= -1d");
        var industry = "Industry " + Guid.NewGuid().ToString("N")[..8];
        var (makers, _) = await Make($"company.industry = \"{industry}\"");
        var user = NewUser();
        await View(user, "Deals");
        await Eventually.True(async () => (await Ask("GET", $"/api/v1/customers/u:{user}")).Status == 200, "the customer is there");
        var deal = (string)(await Ask("POST", "/api/v1/deals", new JsonObject
        {
            ["name"] = "Big one", ["amount"] = new JsonObject { ["amount"] = "400", ["currency"] = "USD" }, ["customers"] = new JsonArray("u:" + user),
        }.ToJsonString())).Json["id"]!;
        Assert.DoesNotContain(open, await Segments(user));
        Assert.Equal(200, (await Ask("PATCH", $"/api/v1/deals/{deal}", """{"amount":{"amount":"600","currency":"USD"}}""")).Status);
        await Eventually.True(async () => (await Segments(user)).Contains(open), "the larger amount is seen");
        await Eventually.True(async () => (await Members(open)).Contains("u:" + user), "it is listed");
        var win = await Ask("POST", $"/api/v1/deals/{deal}/win", "{}");
        Assert.True(win.Status == 200, win.Json.ToJsonString());
        await Eventually.True(async () => (await Segments(user)) is var now && !now.Contains(open) && now.Contains(won), "the won deal is seen");

        var company = (string)(await Ask("POST", "/api/v1/companies", new JsonObject { ["name"] = "Works", ["industry"] = industry }.ToJsonString())).Json["id"]!;
        Assert.Equal(200, (await Ask("PATCH", $"/api/v1/customers/u:{user}", new JsonObject { ["company"] = company }.ToJsonString())).Status);
        await Eventually.True(async () => (await Segments(user)).Contains(makers), "the company is seen");
        Assert.Equal(200, (await Ask("PATCH", $"/api/v1/companies/{company}", """{"industry":"Other"}""")).Status);
        await Eventually.True(async () => !(await Segments(user)).Contains(makers), "what changed of the company is seen");
    }

    [Fact]
    public async Task Programs_follow_who_enters_and_leaves_and_take_members_out()
    {
        var begin = (long)(await Ask("GET", "/api/v1/segments/changes")).Json["last"]!;
        var category = "Follow" + Guid.NewGuid().ToString("N")[..6];
        var (id, _) = await Make($"count(\"Product Viewed\" where category = \"{category}\") = 1");
        var users = Enumerable.Range(0, 5).Select(_ => NewUser()).ToArray();
        foreach (var user in users) await View(user, category);
        await View(users[0], category);
        var seen = new List<(long Number, string Segment, string Customer, bool Entered)>();
        await Eventually.True(async () =>
        {
            var page = (await Ask("GET", string.Create(CultureInfo.InvariantCulture, $"/api/v1/segments/changes?after={(seen.Count == 0 ? begin : seen[^1].Number)}&limit=2"))).Json;
            seen.AddRange(page["items"]!.AsArray().Select(i => ((long)i!["number"]!, (string)i["segment"]!, (string)i["customer"]!, (bool)i["entered"]!)));
            return seen.Count(s => s.Segment == id) >= 6;
        }, "all are told");
        Assert.Equal([true, false], seen.Where(s => s.Segment == id && s.Customer == "u:" + users[0]).Select(s => s.Entered));
        foreach (var user in users[1..]) Assert.Equal([true], seen.Where(s => s.Segment == id && s.Customer == "u:" + user).Select(s => s.Entered));
        Assert.Equal(seen.Select(s => s.Number), seen.Select(s => s.Number).Distinct().Order());
        Assert.Equal(400, (await Ask("GET", "/api/v1/segments/changes?after=x")).Status);

        foreach (var (user, at) in users[1..].Select((user, at) => (user, at))) await Order(user, DateTimeOffset.UtcNow, (at + 1) * 10);
        await Eventually.True(async () => (await Top(id)).SequenceEqual(users[1..].Reverse().Select(u => "u:" + u)), "who spent most is first");
        var top = await Fixture.Ask("GET", $"/api/v1/segments/{id}/top?by=revenue&limit=2");
        Assert.Equal(2, top.Json.GetProperty("items").GetArrayLength());
        Assert.Equal("40.00", top.Json.GetProperty("items")[0].GetProperty("value").GetProperty("amount").GetString());
        Assert.Equal(304, (await Ask("GET", $"/api/v1/segments/{id}/top?by=revenue&limit=2", null, null, ("If-None-Match", top.Headers.ETag!.Tag))).Status);
        Assert.Equal(400, (await Ask("GET", $"/api/v1/segments/{id}/top?by=nothing")).Status);

        using var http = new HttpClient { BaseAddress = new Uri(Fixture.Address) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Fixture.AdminKey);
        var file = await http.GetStringAsync(new Uri($"/api/v1/segments/{id}/export?format=csv&fields=name", UriKind.Relative));
        Assert.Equal(users[1..].Select(u => "u:" + u).Order(), file.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)[1..].Select(line => line.Split(',')[0]).Order());
        Assert.Equal(1, await Fixture.Database.Ask<long>($"SELECT count(*) FROM audit WHERE action = 'export' AND changes::text LIKE '%{id}%'"));
    }

    [Fact]
    public async Task A_grain_on_the_stream_takes_each_change_once_across_the_end_of_a_silo()
    {
        await Fixture.Database.Do("CREATE TABLE told (number bigint PRIMARY KEY, segment text, customer text, entered boolean)");
        var category = "Told" + Guid.NewGuid().ToString("N")[..6];
        var (id, _) = await Make($"count(\"Product Viewed\" where category = \"{category}\" in last 1m) >= 1");
        for (var at = 0; at < 20; at++)
        {
            await View(NewUser(), category, DateTimeOffset.UtcNow.AddSeconds(-40 - at));
            if (at == 10) await Fixture.NewSilo();
        }

        await Eventually.True(async () => await Fixture.Database.Ask<long>($"SELECT count(*) FROM told WHERE segment = '{id}'") == 40, "all are told", TimeSpan.FromSeconds(90));
        Assert.Equal(0, await Fixture.Database.Ask<long>(
            $"SELECT count(*) FROM told t FULL JOIN (SELECT * FROM segment_change WHERE segment = '{id}') c USING (number, segment, customer, entered) WHERE segment = '{id}' AND (t IS NULL OR c IS NULL)"));
        Assert.Equal(20, await Fixture.Database.Ask<long>($"SELECT count(*) FROM told t JOIN told u USING (segment, customer) WHERE segment = '{id}' AND t.entered AND NOT u.entered AND t.number < u.number"));
    }

    private async Task<string[]> Top(string segment) =>
        [.. (await Ask("GET", $"/api/v1/segments/{segment}/top")).Json["items"]!.AsArray().Select(i => (string)i!["id"]!)];

    private Task<string> Order(string user, DateTimeOffset at, decimal revenue) => Fixture.Happens("track", new JsonObject
    {
        ["userId"] = user, ["event"] = "Order Completed", ["timestamp"] = at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["properties"] = new JsonObject { ["order_id"] = Guid.NewGuid().ToString("N"), ["revenue"] = revenue, ["currency"] = "USD" },
    }.ToJsonString());
}
