using Crm.Clickstream;
using Crm.Company;
using Xunit;

namespace Crm.Customers;

public sealed class OrderTests
{
    [Fact]
    public void An_order_counts_once_and_its_later_copy_gives_the_amounts()
    {
        var first = Given.Track("Order Completed", 1, """{"order_id":"1","revenue":10,"total":12,"products":[{"product_id":"p","quantity":2}]}""");
        var later = Given.Track("Completed Order", 2, """{"orderId":"1","revenue":"20.50","total":25,"products":[{"product_id":"p","quantity":3}]}""");

        foreach (var view in new[] { Given.View(first, later), Given.View(later, first) })
        {
            Assert.Equal(1, view.Orders);
            Assert.Equal(20.5m, view.Revenue["USD"]);
            Assert.Equal(25m, view.OrderTotal["USD"]);
            Assert.Equal(3, view.Products.Purchased["p"]);
            Assert.Equal(Given.Minute(1), view.FirstOrderMs);
            Assert.Equal(Given.Minute(1), view.LastOrderMs);
        }
    }

    [Theory]
    [InlineData("""{"revenue":10,"total":15,"shipping":2,"tax":1}""", "10", "15")]
    [InlineData("""{"total":"15","shipping":2,"tax":"1.5"}""", "11.5", "15")]
    [InlineData("""{"subtotal":9,"shipping":2}""", "9", "11")]
    [InlineData("""{"products":[{"product_id":"a","price":1.1,"quantity":3},{"product_id":"b","price":"2"}],"tax":1}""", "5.3", "6.3")]
    [InlineData("""{"revenue":"much","total":15}""", "15", "15")]
    public void Revenue_and_total_stand_in_for_each_other(string properties, string revenue, string total)
    {
        var view = Given.View(Given.Track("order completed", 1, properties));

        Assert.Equal(decimal.Parse(revenue), view.Revenue["USD"]);
        Assert.Equal(decimal.Parse(total), view.OrderTotal["USD"]);
    }

    [Theory]
    [InlineData("""{"revenue":1e400}""", 1)]
    [InlineData("""{"revenue":123456789012345678901234567890}""", 1)]
    [InlineData("""{"revenue":10,"currency":"Dollar"}""", 1)]
    [InlineData("""{"revenue":10,"currency":7}""", 1)]
    [InlineData("""{"revenue":[10],"total":{"a":1}}""", 2)]
    [InlineData("""{"products":[{"product_id":"a","price":"?"},{"product_id":"b","price":2}]}""", 1)]
    [InlineData("""{"products":[{"product_id":"a","price":1e15,"quantity":2}]}""", 0)]
    [InlineData("""{"products":[1,null,{"product_id":"a"}]}""", 2)]
    [InlineData("""{"total":15,"shipping":"free"}""", 1)]
    [InlineData("7", 1)]
    public void What_cannot_be_read_is_no_revenue_but_the_order_counts(string properties, long faults)
    {
        var view = Given.View(Given.Track("Order Completed", 1, properties));

        Assert.Equal(1, view.Orders);
        Assert.Empty(view.Revenue);
        Assert.Equal(faults, view.Faults);
    }

    [Fact]
    public void Orders_without_an_id_are_orders_of_their_own()
    {
        var view = Given.View(
            Given.Track("Order Completed", 1, """{"revenue":1}"""), Given.Track("Order Completed", 1, """{"revenue":2}"""));

        Assert.Equal(2, view.Orders);
        Assert.Equal(3m, view.Revenue["USD"]);
    }

    [Fact]
    public void An_update_replaces_the_amounts_of_an_order_and_makes_none()
    {
        var order = Given.Track("Order Completed", 1, """{"order_id":"1","revenue":10,"currency":"eur"}""");
        var update = Given.Track("Order Updated", 2, """{"order_id":"1","revenue":7,"currency":"EUR"}""");
        var stray = Given.Track("Order Updated", 2, """{"order_id":"2","revenue":99}""");

        foreach (var view in new[] { Given.View(order, update, stray), Given.View(stray, update, order) })
        {
            Assert.Equal(1, view.Orders);
            Assert.Equal(new Dictionary<string, decimal> { ["EUR"] = 7m }, view.Revenue);
        }
    }

    [Fact]
    public void Refunds_add_up_whether_or_not_their_order_is_known()
    {
        var events = new[]
        {
            Given.Track("Order Completed", 1, """{"order_id":"1","revenue":10,"total":12}"""),
            Given.Track("Order Refunded", 2, """{"order_id":"1","total":-3}"""),
            Given.Track("Order Refunded", 3, """{"order_id":"1","products":[{"product_id":"p","price":1.5,"quantity":-2}]}"""),
            Given.Track("Order Refunded", 4, """{"order_id":"C7","total":"5.00","currency":"EUR"}"""),
        };

        foreach (var view in new[] { Given.View(events), Given.View(events.Reverse()) })
        {
            Assert.Equal(3, view.Refunds);
            Assert.Equal(new Dictionary<string, decimal> { ["EUR"] = 5m, ["USD"] = 6m }, view.Refunded);
            Assert.Equal(1, view.Orders);
        }
    }

    [Fact]
    public void A_refund_that_names_nothing_is_the_rest_of_its_order()
    {
        var order = Given.Track("Order Completed", 1, """{"order_id":"1","total":12,"currency":"EUR"}""");
        var part = Given.Track("Order Refunded", 2, """{"order_id":"1","total":3,"currency":"EUR"}""");
        var rest = Given.Track("Order Refunded", 3, """{"order_id":"1"}""");

        foreach (var view in new[] { Given.View(order, part, rest), Given.View(rest, part, order) })
        {
            Assert.Equal(2, view.Refunds);
            Assert.Equal(new Dictionary<string, decimal> { ["EUR"] = 12m }, view.Refunded);
        }

        Assert.Empty(Given.View(rest).Refunded);
    }

    [Fact]
    public void A_cancelled_order_keeps_its_money()
    {
        var view = Given.View(
            Given.Track("Order Cancelled", 2, """{"order_id":"1","total":12}"""),
            Given.Track("Order Completed", 1, """{"order_id":"1","total":12}"""));

        Assert.Equal(1, view.Orders);
        Assert.Equal(12m, view.Revenue["USD"]);
        Assert.Empty(view.Refunded);
    }

    [Fact]
    public void Orders_above_the_bound_are_summed_up_exactly_in_any_order_of_arrival()
    {
        var events = Enumerable.Range(0, Orders.MaxRecords + 200)
            .Select(i => Given.Track("Order Completed", i, $$"""{"order_id":"{{i}}","revenue":0.1,"products":[{"product_id":"p"}]}"""))
            .Append(Given.Track("Order Refunded", 5_000, """{"order_id":"3","total":0.1}"""))
            .ToArray();
        var forth = Given.Profile(events);
        new Random(7).Shuffle(events);
        var back = Given.Profile(events);

        Assert.Equal(forth.Json(), back.Json());
        Assert.Equal(120m, forth.View().Revenue["USD"]);
        Assert.Equal(1_200, forth.View().Orders);
        Assert.Equal(1_200, forth.View().Products.Purchased["p"]);
        Assert.Equal(Given.Minute(0), forth.View().FirstOrderMs);
        Assert.Equal(forth.Json(), Given.Unpacked(forth.Packed()).Json());
    }

    [Fact]
    public void Money_is_compared_by_the_rate_of_the_orders_day()
    {
        var company = new CompanySettings
        {
            BaseCurrency = "EUR",
            Rates = [new("USD", new(2026, 3, 2), 0.5m), new("USD", new(2026, 1, 1), 2m), new("USD", new(2026, 4, 1), 9m)],
        };
        var profile = Given.Profile(
            Given.Track("Order Completed", 0, """{"order_id":"1","revenue":10}"""),
            Given.Track("Order Completed", 24 * 60, """{"order_id":"2","revenue":10}"""),
            Given.Track("Order Completed", 24 * 60, """{"order_id":"3","revenue":1,"currency":"EUR"}"""),
            Given.Track("Order Refunded", 60 * 24 * 60, """{"order_id":"1","total":4}"""));

        Assert.Equal(20m + 5m + 1m - 8m, profile.View(company).Rfm.Monetary);
        Assert.Null(profile.View(company with { Rates = [] }).Rfm.Monetary);
        Assert.Null(profile.View(company with { Rates = [new("USD", new(2026, 3, 2), 1m)] }).Rfm.Monetary);
        Assert.Null(profile.View(company with { Rates = [new("USD", new(2026, 1, 1), decimal.MaxValue)] }).Rfm.Monetary);
    }

    [Fact]
    public void What_was_earned_is_exact_in_any_order_of_arrival()
    {
        BehaviourEvent[] events =
        [
            Given.Track("Order Completed", 0, """{"order_id":"1","revenue":11.5}"""),
            Given.Track("Order Refunded", 1, """{"order_id":"2","total":1e-28}"""),
            Given.Track("Order Refunded", 2, """{"order_id":"3","total":12.5}"""),
        ];

        Assert.Equal(-1.0000000000000000000000000001m, Given.Profile(events).View(Given.Company).Rfm.Monetary);
        Assert.Equal(-1.0000000000000000000000000001m, Given.Profile([.. events.Reverse()]).View(Given.Company).Rfm.Monetary);
        Assert.Equal(-1.0000000000000000000000000001m, Given.Profile(events[1], events[0], events[2]).View(Given.Company).Rfm.Monetary);
    }

    [Fact]
    public void Recency_is_counted_in_the_companys_days()
    {
        var profile = Given.Profile(Given.Track("Order Completed", 0));
        var late = new DateTimeOffset(2026, 3, 1, 23, 30, 0, TimeSpan.Zero);

        Assert.Equal(0, profile.View(Given.Company, late).Rfm.RecencyDays);
        Assert.Equal(1, profile.View(Given.Company with { TimeZone = "Europe/Vienna" }, late).Rfm.RecencyDays);
        Assert.Equal(0, profile.View(Given.Company with { TimeZone = "Mars/Olympus" }, late).Rfm.RecencyDays);
        Assert.Equal(0, profile.View(Given.Company, DateTimeOffset.MinValue).Rfm.RecencyDays);
        Assert.Null(Given.View().Rfm.RecencyDays);
        Assert.Equal(0m, Given.View().Rfm.Monetary);
    }
}
