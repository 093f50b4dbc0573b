using System.Text.Json.Nodes;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Records;
using Xunit;

namespace Crm.Orders;

/// <summary>Orders as events tell of them: in any order and any number of copies the same, and what the profile counts.</summary>
public sealed class ToldOrderTests
{
    private static readonly RuleTurn s_turn = new("or_e0123456789", new ChangeCause(RecordState.ByEvents, null, Guid.Empty), Given.Start, "EUR");

    private static readonly BehaviourEvent s_completed = Given.Track("Order Completed", 10, """
        {"order_id":"A-1","total":"112.30","revenue":100,"shipping":5,"tax":7.3,"currency":"EUR",
         "products":[{"product_id":"tea","name":"Green tea","price":"12.5","quantity":4},{"sku":"whisk","price":50},{"product_id":"none","quantity":0}]}
        """);

    [Fact]
    public void A_completed_order_has_its_lines_its_amounts_and_its_day()
    {
        var order = Told(s_completed);
        Assert.Equal(("A-1", "completed", "paid", "EUR", "2026-03-01T12:10:00.000Z", "test", "u:ann"), (
            (string?)order["number"], (string?)order["status"], (string?)order["paymentState"], (string?)order["currency"], (string?)order["placedAt"], (string?)order["source"], (string?)order["customer"]));
        Assert.Equal(("112.30", "7.30", "112.30"), (Amount(order, "total"), Amount(order, "tax"), Amount(order, "paid")));
        Assert.Equal(["Green tea 4 12.5", "whisk 1 50"], order["lines"]!.AsArray().Select(l => $"{l!["name"]} {l["quantity"]} {l["price"]!["amount"]}"));
    }

    [Fact]
    public void In_any_order_and_number_it_is_the_same_order_and_what_the_profile_counts()
    {
        BehaviourEvent[] all =
        [
            s_completed, Given.Track("Order Updated", 20, """{"order_id":"A-1","total":90,"currency":"EUR"}"""),
            Given.Track("Order Refunded", 30, """{"order_id":"A-1","total":"30.25","currency":"EUR"}"""),
            Given.Track("order_refunded", 25, """{"orderId":"A-1","products":[{"product_id":"tea","price":"12.5","quantity":1}],"currency":"EUR"}"""),
            Given.Track("Order Refunded", 35, """{"order_id":"A-1","total":5,"currency":"USD"}"""),
        ];
        var expected = Sorted(Told(all))!.ToJsonString();
        foreach (var some in Permutations(all)) Assert.Equal(expected, Sorted(Told([.. some, some[0], .. some]))!.ToJsonString());

        var (order, profile) = ((JsonObject)JsonNode.Parse(expected)!, Given.View(all));
        Assert.Equal(("90.00", "42.75", "partly_refunded", "completed"), (Amount(order, "total"), Amount(order, "refunded"), (string?)order["paymentState"], (string?)order["status"]));
        Assert.Equal((1, 90m, 42.75m), (profile.Orders, profile.OrderTotal["EUR"], profile.Refunded["EUR"]));
    }

    [Theory]
    [InlineData("Order Cancelled", """{"order_id":"A-1"}""", "cancelled", "unpaid")]
    [InlineData("Order Refunded", """{"order_id":"A-1"}""", "refunded", "refunded")]
    [InlineData("Order Refunded", """{"order_id":"A-1","total":112.30,"currency":"EUR"}""", "refunded", "refunded")]
    public void It_ends_as_it_is_told(string name, string properties, string status, string payment)
    {
        var end = Given.Track(name, 30, properties);
        foreach (var order in new[] { Told(s_completed, end), Told(end, s_completed) })
            Assert.Equal((status, payment), ((string?)order["status"], (string?)order["paymentState"]));
    }

    [Fact]
    public void Items_that_come_one_by_one_make_way_for_a_list()
    {
        var items = new[] { "tea", "whisk" }.Select(p => Given.Track("Order Item Added", 9, $$"""{"order_id":"A-1","product_id":"{{p}}","price":"2","quantity":3,"currency":"EUR"}""")).ToArray();
        Assert.Equal(2, Told([.. items, .. items])["lines"]!.AsArray().Count);
        Assert.Equal(["Green tea", "whisk"], Told([.. items, s_completed, .. items])["lines"]!.AsArray().Select(l => (string)l!["name"]!));
    }

    [Fact]
    public void Hostile_events_make_an_order_without_what_cannot_be_read()
    {
        foreach (var properties in (string[])["""{"order_id":["x"],"total":"1e400","products":"none"}""", """{"order_id":"A-1","total":"a lot","currency":"EURO","products":[1,null,{"price":"x"},{"product_id":"p","name":{"a":1},"price":"-1e30"}]}""", "[]", "7"])
        {
            var order = Told(Given.Track("Order Completed", 1, properties));
            Assert.Equal("completed", (string?)order["status"]);
            Assert.Null(order["total"]);
        }

        // Without a number each event is an order of its own.
        var (one, other) = (Given.Track("Order Completed", 1), Given.Track("Order Completed", 1));
        Assert.NotEqual(OrderTelling.Id(one, null), OrderTelling.Id(other, null));
        Assert.Equal(OrderTelling.Id(one, "A-1"), OrderTelling.Id(other, "A-1"));
        Assert.NotEqual(OrderTelling.Id(one, "A-1"), OrderTelling.Id(one with { Lane = "u:bob" }, "A-1"));
    }

    [Fact]
    public void People_edit_beside_what_is_told()
    {
        var (rules, order) = (new OrderRules(), Told(s_completed));
        var edited = (JsonObject)order.DeepClone();
        edited["description"] = "Wrapped as a present.";
        var errors = new Dictionary<string, string>();
        rules.Complete(order, edited, s_turn, errors);
        Assert.Empty(errors);
        Assert.Equal("112.30", Amount(edited, "total"));
        var refunded = rules.Do("refund", new JsonObject { ["amount"] = "12.30" }, edited, s_turn)!.Fields!;
        var told = Take(refunded, Given.Track("Order Refunded", 40, """{"order_id":"A-1","total":10,"currency":"EUR"}"""));
        Assert.Equal(("22.30", "Wrapped as a present."), (Amount(told, "refunded"), (string?)told["description"]));
    }

    private static JsonObject Told(params BehaviourEvent[] events) => events.Aggregate(new JsonObject(), Take);

    private static JsonObject Take(JsonObject fields, BehaviourEvent happened)
    {
        var (_, told) = OrderTelling.Read(happened);
        told["customer"] = "u:ann";

        // As it comes out of the row, and as the arguments come over the wire.
        return ToldOrders.Take((JsonObject)JsonNode.Parse(fields.ToJsonString())!, (JsonObject)JsonNode.Parse(told.ToJsonString())!, s_turn);
    }

    // Members as PostgreSQL keeps them: in no order of their own.
    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject json => new JsonObject(json.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Sorted(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    private static string? Amount(JsonObject order, string name) => (string?)order[name]?["amount"];

    private static IEnumerable<BehaviourEvent[]> Permutations(BehaviourEvent[] all)
    {
        if (all.Length == 1) return [all];
        return all.SelectMany((first, at) => Permutations([.. all[..at], .. all[(at + 1)..]]).Select(rest => (BehaviourEvent[])[first, .. rest]));
    }
}
