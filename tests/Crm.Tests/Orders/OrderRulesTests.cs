using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Records;
using Xunit;

namespace Crm.Orders;

/// <summary>Sums, payments and refunds of orders: given an order, when something is asked, then.</summary>
public sealed class OrderRulesTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.Parse("2026-05-14T10:00:00Z", CultureInfo.InvariantCulture);

    private readonly OrderRules _rules = new();

    [Theory]
    [InlineData("EUR", """[{"name":"a","quantity":3,"price":"0.335"}]""", "1.01", "0.00", "0.00")]
    [InlineData("EUR", """[{"name":"a","quantity":1,"price":"100","discountPercent":15,"taxRate":19}]""", "101.15", "16.15", "15.00")]
    [InlineData("EUR", """[{"quantity":"2.5","price":"9.99","taxRate":"7.7"},{"price":"-5","quantity":1}]""", "21.90", "1.92", "0.00")]
    [InlineData("JPY", """[{"name":"a","quantity":3,"price":"33.5","taxRate":10}]""", "111", "10", "0")]
    [InlineData("BHD", """[{"name":"a","quantity":1,"price":"1.0005"}]""", "1.001", "0.000", "0.000")]
    [InlineData("EUR", "[]", "0.00", "0.00", "0.00")]
    public void An_order_is_the_sum_of_its_lines(string currency, string lines, string total, string tax, string discount)
    {
        var order = Made($$"""{"currency":"{{currency}}","lines":{{lines}}}""");

        Assert.Equal((total, tax, discount), (Amount(order, "total"), Amount(order, "tax"), Amount(order, "discount")));
        Assert.Equal(currency, (string?)order["total"]!["currency"]);
        var errors = new Dictionary<string, string>();
        var again = (JsonObject)order.DeepClone();
        _rules.Complete(order, again, Turn(), errors);
        Assert.Empty(errors);
        Assert.Equal(order.ToJsonString(), again.ToJsonString());
    }

    [Theory]
    [InlineData("""{"lines":[{"quantity":0,"price":1}]}""", "lines")]
    [InlineData("""{"lines":[{"quantity":1}]}""", "lines")]
    [InlineData("""{"lines":[{"price":1,"discountPercent":101}]}""", "lines")]
    [InlineData("""{"lines":[{"price":1,"taxRate":-1}]}""", "lines")]
    [InlineData("""{"lines":[{"price":-1}]}""", "lines")]
    [InlineData("""{"lines":[{"price":{"amount":"1","currency":"EUR"}},{"price":{"amount":"1","currency":"USD"}}]}""", "lines")]
    [InlineData("""{"lines":[{"price":1,"colour":"red"}]}""", "lines")]
    [InlineData("""{"lines":[5]}""", "lines")]
    [InlineData("""{"lines":{}}""", "lines")]
    [InlineData("""{"currency":"EURO"}""", "currency")]
    [InlineData("""{"status":"paid"}""", "status")]
    [InlineData("""{"status":"refunded"}""", "status")]
    public void What_is_no_order_is_told_by_field(string fields, string field)
    {
        var errors = new Dictionary<string, string>();
        _rules.Complete(null, (JsonObject)JsonNode.Parse(fields)!, Turn(), errors);

        Assert.StartsWith(field + ": ", errors[field], StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_paid_in_parts_and_never_more_than_it_costs()
    {
        var order = Made("""{"currency":"EUR","lines":[{"price":"10.10","quantity":1}]}""");

        order = Done("pay", """{"amount":"4.10"}""", order);
        Assert.Equal(("partly_paid", "placed", "2026-05-14T10:00:00.000Z"), ((string?)order["paymentState"], (string?)order["status"], (string?)order["placedAt"]));
        Assert.StartsWith("6.00 EUR", _rules.Do("pay", new JsonObject { ["amount"] = "6.01" }, Copy(order), Turn())!.Why, StringComparison.Ordinal);
        Assert.Contains("amount", _rules.Do("pay", new JsonObject { ["amount"] = "0.001" }, Copy(order), Turn())!.Errors!.Keys);
        Assert.Contains("amount", _rules.Do("pay", (JsonObject)JsonNode.Parse("""{"amount":{"amount":"1","currency":"USD"}}""")!, Copy(order), Turn())!.Errors!.Keys);

        order = Done("pay", "{}", order);
        Assert.Equal(("paid", "paid", "10.10"), ((string?)order["paymentState"], (string?)order["status"], Amount(order, "paid")));
        Assert.NotNull(_rules.Do("pay", [], Copy(order), Turn())!.Why);
        Assert.NotNull(_rules.Do("cancel", [], Copy(order), Turn())!.Why);
    }

    [Fact]
    public void No_more_is_given_back_than_was_paid()
    {
        var order = Done("pay", "{}", Made("""{"currency":"EUR","lines":[{"price":"10","quantity":1}]}"""));

        Assert.NotNull(_rules.Do("refund", new JsonObject { ["amount"] = 10.01m }, Copy(order), Turn())!.Why);
        order = Done("refund", """{"amount":3,"reason":"broken"}""", order);
        Assert.Equal(("partly_refunded", "paid", "3.00"), ((string?)order["paymentState"], (string?)order["status"], Amount(order, "refunded")));
        Assert.Equal("""{"amount":"3.00","at":"2026-05-14T10:00:00.000Z","by":"ann","reason":"broken"}""", order["refunds"]![0]!.ToJsonString());
        Assert.NotNull(_rules.Do("refund", new JsonObject { ["amount"] = "7.01" }, Copy(order), Turn())!.Why);

        order = Done("refund", "{}", order);
        Assert.Equal(("refunded", "refunded", "10.00"), ((string?)order["paymentState"], (string?)order["status"], Amount(order, "refunded")));
        Assert.NotNull(_rules.Do("refund", [], Copy(order), Turn())!.Why);
    }

    [Fact]
    public void What_is_paid_is_paid_for()
    {
        var order = Done("pay", """{"amount":1}""", Made("""{"currency":"EUR","lines":[{"price":"10","quantity":1}]}"""));
        foreach (var (change, field) in new[] { ("""{"lines":[{"price":"11","quantity":1}]}""", "lines"), ("""{"currency":"USD","lines":[{"price":"10","quantity":1}]}""", "currency") })
        {
            var (errors, after) = (new Dictionary<string, string>(), Copy(order));
            foreach (var (name, value) in (JsonObject)JsonNode.Parse(change)!) after[name] = value?.DeepClone();
            _rules.Complete(order, after, Turn(), errors);
            Assert.Contains(field, errors.Keys);
        }
    }

    [Fact]
    public void An_order_that_is_made_with_a_total_alone_has_a_line_of_it()
    {
        var order = Made("""{"name":"Deal","total":{"amount":"99.50","currency":"EUR"}}""");

        Assert.Equal(("99.50", "EUR", "Deal"), (Amount(order, "total"), (string?)order["currency"], (string?)order["lines"]![0]!["name"]));
    }

    private JsonObject Made(string fields)
    {
        var errors = new Dictionary<string, string>();
        var order = (JsonObject)JsonNode.Parse(fields)!;
        _rules.Complete(null, order, Turn(), errors);
        Assert.Empty(errors);
        return order;
    }

    private JsonObject Done(string command, string arguments, JsonObject order)
    {
        var decision = _rules.Do(command, (JsonObject)JsonNode.Parse(arguments)!, Copy(order), Turn())!;
        Assert.True(decision.Fields is not null, decision.Why);
        return decision.Fields;
    }

    private static JsonObject Copy(JsonObject order) => (JsonObject)order.DeepClone();

    private static string? Amount(JsonObject order, string name) => (string?)order[name]!["amount"];

    private static RuleTurn Turn() => new("or_12345678901234567890", new ChangeCause("ann", null, Guid.Empty), s_now, "EUR");
}
