using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Crm.Records;

namespace Crm.Web;

/// <summary>Records that pages have something to show with. Their texts hold no English word, so that what is left untranslated stands out.</summary>
internal static class WebRecords
{
    // A condition of each sort, so that the builder is seen with all its inputs.
    private const string Segment = """
        count("Product Added" where category != "茶" and price in (39.9, 40) in last 30d) >= 1
        and (lastSeen > -30d or tags has "旧" or not last(page since 2026-01-01) < today or revenue >= 100 EUR)
        and not sequence("Product Added" then no "Order Completed" within 2h in this_year)
        """;

    /// <summary>One of each kind, by the kind's name.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> Make(WebFixture crm)
    {
        var made = new Dictionary<string, string>
        {
            ["company"] = await crm.Make("companies", new JsonObject { ["name"] = "星河贸易", ["domain"] = "xinghe.example", ["industry"] = "零售", ["size"] = 120 }),
            ["product"] = await crm.Make("products", new JsonObject { ["name"] = "搪瓷水壶", ["code"] = "K-1", ["price"] = Money("39.90") }),
            ["lead"] = await crm.Make("leads", new JsonObject { ["name"] = "李娜", ["company"] = "云山茶业", ["score"] = 40 }),
        };
        made["deal"] = await crm.Make("deals", new JsonObject { ["name"] = "茶具 2026", ["amount"] = Money("12500.00"), ["company"] = made["company"], ["closeDate"] = "2026-12-20" });
        await crm.Send("mei", "Product Added", new JsonObject { ["product_id"] = "K-1", ["price"] = 39.9, ["quantity"] = 2, ["currency"] = "EUR" });
        await crm.Send("mei", "Products Searched", new JsonObject { ["query"] = "水壶" });
        made["customer"] = "u:mei";
        await Eventually.True(async () => (await crm.Ask("GET", "/api/v1/customers?limit=50"))["items"]!.AsArray().Any(c => (string?)c!["id"] == "u:mei"), "the customer is listed");
        await crm.Ask("PATCH", "/api/v1/customers/u:mei", new JsonObject { ["name"] = "王梅", ["emails"] = new JsonArray("mei@example.com"), ["company"] = made["company"] });
        made["task"] = await crm.Make("tasks", new JsonObject { ["subject"] = "回电", ["due"] = "2026-11-26T08:00:00Z", ["customer"] = "u:mei" });
        made["activity"] = await crm.Make("activities", new JsonObject { ["type"] = "note", ["subject"] = "喜欢绿茶", ["customer"] = "u:mei" });
        made["order"] = await crm.Make("orders", new JsonObject
        {
            ["number"] = "2026-1", ["customer"] = "u:mei", ["currency"] = "EUR",
            ["lines"] = new JsonArray(new JsonObject { ["product"] = made["product"], ["quantity"] = 2, ["price"] = Money("39.90") }),
        });
        made["segment"] = await crm.Make("segments", new JsonObject { ["name"] = "近期浏览", ["definition"] = Segment });
        return made;
    }

    /// <summary>So many who bought that they can be told apart: in three groups, each a little different, and none today or a week ago, of which other pages tell.</summary>
    public static async Task Buyers(WebFixture crm)
    {
        if ((await crm.Ask("GET", "/api/v1/segments/rfm"))["model"] is not null) return;
        var (now, currency) = (DateTimeOffset.UtcNow, (string)(await crm.Ask("GET", "/api/v1/settings/rates"))["baseCurrency"]!);
        var dice = new Random(5);
        for (var buyer = 0; buyer < 75; buyer++)
        {
            var (orders, days, worth) = (buyer % 3) switch { 0 => (3 + dice.Next(4), 9 + dice.Next(15), 80), 1 => (1, 30 + dice.Next(60), 30), _ => (1 + dice.Next(2), 150 + dice.Next(200), 20) };
            for (var order = 0; order < orders; order++)
            {
                await crm.Send($"buyer-{buyer}", "Order Completed", new JsonObject
                {
                    ["order_id"] = $"B-{buyer}-{order}", ["revenue"] = worth + dice.Next(60), ["currency"] = currency,
                }, at: now.AddDays(-days - (order * 9)));
            }
        }

        await Eventually.True(async () => (await crm.Ask("GET", "/api/v1/customers?count=true&limit=1&filter=" + Uri.EscapeDataString("orders >= 1")))["count"]?.GetValue<long>() >= 75, "who bought is listed");
        await crm.Ask("POST", "/api/v1/segments/rfm", new JsonObject { ["clusters"] = 3 });
    }

    private static JsonObject Money(string amount) => new() { ["amount"] = amount, ["currency"] = "EUR" };
}
