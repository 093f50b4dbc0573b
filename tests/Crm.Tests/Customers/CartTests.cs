using Xunit;

namespace Crm.Customers;

public sealed class CartTests
{
    [Fact]
    public void The_cart_holds_what_was_added_and_not_removed()
    {
        var cart = Given.View(
            Given.Track("Product Added", 1, """{"product_id":"a","price":2.5,"quantity":3}"""),
            Given.Track("Added Product", 2, """{"product_id":"b","price":"1","currency":"eur"}"""),
            Given.Track("Product Added", 3, """{"product_id":"c"}"""),
            Given.Track("Product Removed", 4, """{"product_id":"a"}"""),
            Given.Track("Product Removed", 5, """{"product_id":"c","quantity":9}""")).Cart!;

        Assert.Equal([new CartLineView("a", 2, 2.5m, "USD"), new CartLineView("b", 1, 1m, "EUR")], cart.Lines);
        Assert.Equal(new Dictionary<string, decimal> { ["EUR"] = 1m, ["USD"] = 5m }, cart.Value);
        Assert.Equal(Given.Minute(5), cart.ChangedAtMs);
    }

    [Fact]
    public void Changes_count_in_the_order_of_their_times()
    {
        var add = Given.Track("Product Added", 1, """{"product_id":"a","quantity":2}""");
        var remove = Given.Track("Product Removed", 2, """{"product_id":"a","quantity":5}""");
        var again = Given.Track("Product Added", 3, """{"product_id":"a"}""");

        Assert.Equal(1, Given.View(add, remove, again).Cart!.Lines[0].Quantity);
        Assert.Equal(1, Given.View(again, remove, add).Cart!.Lines[0].Quantity);
        Assert.Null(Given.View(remove, add).Cart);
    }

    [Fact]
    public void An_order_empties_the_cart_of_all_that_was_before_it()
    {
        var order = Given.Track("Order Completed", 5, """{"order_id":"1"}""");
        var late = Given.Track("Product Added", 5, """{"product_id":"a"}""");
        var next = Given.Track("Product Added", 6, """{"product_id":"b"}""");

        Assert.Null(Given.View(order, late).Cart);
        Assert.Equal("b", Assert.Single(Given.View(next, late, order).Cart!.Lines).ProductId);
    }

    [Fact]
    public void A_cart_above_the_bound_keeps_its_sums()
    {
        var profile = Given.Profile(Enumerable.Range(0, 500)
            .Select(i => Given.Track("Product Added", i, $$"""{"product_id":"{{i % 10}}","price":1}""")));

        Assert.Equal(500m, profile.View().Cart!.Value["USD"]);
        Assert.Equal(10, profile.View().Cart!.Lines.Count);
        Assert.Equal(profile.Json(), Given.Unpacked(profile.Packed()).Json());
    }

    [Theory]
    [InlineData("""{"product_id":"a","quantity":"many"}""", 1)]
    [InlineData("""{"product_id":"a","quantity":1e99}""", 1)]
    [InlineData("""{"product_id":"a","price":"?"}""", 1)]
    [InlineData("""{"product_id":"a","quantity":2.0}""", 2)]
    public void Bad_numbers_leave_the_line(string properties, long quantity)
    {
        var line = Assert.Single(Given.View(Given.Track("Product Added", 1, properties)).Cart!.Lines);

        Assert.Equal((quantity, (decimal?)null), (line.Quantity, line.Price));
    }

    [Theory]
    [InlineData("""{"product_id":"a","quantity":-1}""")]
    [InlineData("""{"product_id":{"a":1}}""")]
    [InlineData("""{"product_id":["a"]}""")]
    public void What_is_no_addition_adds_nothing(string properties)
    {
        var view = Given.View(Given.Track("Product Added", 1, properties));

        Assert.Null(view.Cart);
        Assert.Equal(1, view.Faults);
    }
}
