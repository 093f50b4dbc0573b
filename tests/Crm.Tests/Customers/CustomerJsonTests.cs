using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Crm.Customers;

/// <summary>The names and forms that programs outside rely on.</summary>
public sealed class CustomerJsonTests
{
    [Fact]
    public void The_profile_has_these_names_and_forms()
    {
        var json = Write(View() with
        {
            ExternalIds = new Dictionary<string, IReadOnlyList<string>> { ["user_id"] = ["1"], ["email"] = ["a@b.c"] },
            Traits = new Dictionary<string, string> { ["age"] = "41", ["name"] = "\"Ada <b>\"", ["address"] = """{"city":"Köln"}""" },
            Groups = new Dictionary<string, IReadOnlyDictionary<string, string>> { ["acme"] = new Dictionary<string, string> { ["plan"] = "\"pro\"" } },
            Revenue = new Dictionary<string, decimal> { ["USD"] = 12.3m, ["JPY"] = 1200.4m, ["BHD"] = -1m },
            Cart = new CartView([new CartLineView("p1", 2, 1.5m, "USD"), new CartLineView("p2", 1, null, "USD")], new Dictionary<string, decimal> { ["USD"] = 3m }, 1_000),
            Rfm = new RfmView(3, 1, 12.345m, "USD"),
            Reviews = new RatingView(3, 13m / 3m),
            Merges = [new MergeView("a:x", "u:1", "identify", 1_767_225_600_123)],
            FirstSeenMs = 1_767_225_600_123,
            Marks = new EventMarksView(3, 1),
        });

        Expect("""{"user_id":["1"],"email":["a@b.c"]}""", json["externalIds"]);
        Expect("""{"age":41,"name":"Ada <b>","address":{"city":"Köln"}}""", json["traits"]);
        Expect("""{"acme":{"plan":"pro"}}""", json["groups"]);
        Expect("""{"USD":"12.30","JPY":"1200","BHD":"-1.000"}""", json["revenue"]);
        Expect(
            """{"lines":[{"productId":"p1","quantity":2,"price":"1.50","currency":"USD"},{"productId":"p2","quantity":1,"price":null,"currency":"USD"}],"value":{"USD":"3.00"},"changedAt":"1970-01-01T00:00:01.000Z"}""",
            json["cart"]);
        Expect("""{"recencyDays":3,"frequency":1,"monetary":"12.35","currency":"USD"}""", json["rfm"]);
        Expect("""{"count":3,"mean":4.3333}""", json["reviews"]);
        Expect("""[{"source":"a:x","into":"u:1","reason":"identify","at":"2026-01-01T00:00:00.123Z"}]""", json["merges"]);
        Expect("\"2026-01-01T00:00:00.123Z\"", json["firstSeen"]);
        Expect("""{"crawler":3,"flood":1}""", json["marks"]);
    }

    [Fact]
    public void All_members_are_always_there()
    {
        var json = Write(View());

        Assert.Equal(
            ["id", "externalIds", "traits", "groups", "counts", "orders", "revenue", "orderTotal", "refunds", "refunded", "products", "cart",
                "sessions", "rfm", "tier", "firstSeen", "lastSeen", "firstOrder", "lastOrder", "reviews", "satisfaction", "categories",
                "searches", "consent", "merges", "segments", "marks", "faults", "version", "asOf", "lagMs"],
            json.AsObject().Select(m => m.Key));
        Assert.Null(json["cart"]);
        Expect("""{"byType":{},"byEvent":{}}""", json["counts"]);
        Expect("""{"viewed":{},"added":{},"removed":{},"purchased":{}}""", json["products"]);
        Expect("\"2026-01-01T00:00:00.000Z\"", json["asOf"]);
        Expect("17", json["lagMs"]);
    }

    private static void Expect(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual?.ToJsonString());

    private static JsonNode Write(CustomerView view)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            CustomerJson.Write(json, view, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), 17);
        return JsonNode.Parse(Encoding.UTF8.GetString(buffer.WrittenSpan))!;
    }

    private static CustomerView View()
    {
        var none = new Dictionary<string, long>();
        var noMoney = new Dictionary<string, decimal>();
        return new CustomerView
        {
            Id = "u:1",
            ExternalIds = new Dictionary<string, IReadOnlyList<string>>(),
            Traits = new Dictionary<string, string>(),
            Groups = new Dictionary<string, IReadOnlyDictionary<string, string>>(),
            CountsByType = none,
            CountsByEvent = none,
            Orders = 0,
            Revenue = noMoney,
            OrderTotal = noMoney,
            Refunds = 0,
            Refunded = noMoney,
            Products = new ProductsView([]),
            Sessions = 1,
            Rfm = new RfmView(null, 0, null, "USD"),
            Tier = "potential",
            Merges = [],
            Version = 1,
            Lanes = ["u:1"],
            Reviews = new RatingView(0, null),
            Satisfaction = new RatingView(0, null),
            Categories = none,
            Searches = none,
            Faults = 0,
        };
    }
}
