using Crm.Clickstream;
using Xunit;

namespace Crm.Customers;

/// <summary>What the profile makes of events that only other protocols than the tracking protocol have.</summary>
public sealed class OtherProtocolsTests
{
    [Theory]
    [InlineData("order_completed")]
    [InlineData("completed_order")]
    [InlineData("com.shop.order.completed")]
    [InlineData("com.shop.order_completed")]
    [InlineData("com.shop.Order Completed")]
    public void An_order_is_known_by_the_spellings_of_other_protocols(string name) =>
        Assert.Equal(1, Given.View(Given.Track(name, 1, """{"order_id":"1","revenue":5}""")).Orders);

    [Theory]
    [InlineData("order.of.things.completed")]
    [InlineData(".")]
    [InlineData("completed.")]
    [InlineData("preorder_completed")]
    public void Other_names_are_other_events(string name) => Assert.Equal(0, Given.View(Given.Track(name, 1)).Orders);

    [Fact]
    public void Items_that_come_one_by_one_are_the_orders_in_any_order_and_over_a_merge()
    {
        var order = Given.Track("Order Completed", 1, """{"order_id":"1","total":"20","tax":"1","shipping":"2","currency":"EUR"}""");
        BehaviourEvent[] items = [Item("a", 2, 3), Item("b", 1, 2), Item("a", 1, 4)];

        foreach (var events in (BehaviourEvent[][])[[order, .. items], [.. items, order], [items[0], order, items[2], items[1]]])
        {
            var whole = Given.Profile(events);
            var first = Given.Profile(events[..2]);
            first.Absorb(Given.Profile(events[2..]));
            foreach (var view in new[] { whole.View(), first.View(), Given.Unpacked(whole.Packed()).View() })
            {
                Assert.Equal((1, 17m), (view.Orders, view.Revenue["EUR"]));
                Assert.Equal((3, 1), (view.Products.Purchased["a"], view.Products.Purchased["b"]));
            }
        }
    }

    [Fact]
    public void A_list_of_products_wins_over_items_and_an_item_without_an_order_is_a_fault()
    {
        var order = Given.Track("Order Completed", 1, """{"order_id":"1","products":[{"product_id":"a","quantity":5}]}""");
        Assert.Equal(5, Given.View(order, Item("a", 2, 3)).Products.Purchased["a"]);
        Assert.Equal(5, Given.View(Item("a", 2, 3), order).Products.Purchased["a"]);
        Assert.Equal(1, Given.View(Given.Track("Order Item Added", 1, """{"product_id":"a"}""")).Faults);
    }

    [Fact]
    public void A_trait_that_is_set_once_gives_way_to_any_other_and_the_earliest_holds()
    {
        BehaviourEvent[] events =
        [
            Once(2, """{"first":"two","plan":"once"}"""),
            Once(1, """{"first":"one"}"""),
            Once(3, """{"first":"three"}"""),
            Given.Identify(0, """{"plan":"set"}"""),
        ];
        int[][] orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]];

        foreach (var order in orders)
        {
            var profile = Given.Profile(order.Select(at => events[at]));
            var traits = Given.Unpacked(profile.Packed()).View().Traits;
            Assert.Equal(("\"one\"", "\"set\""), (traits["first"], traits["plan"]));
        }
    }

    [Fact]
    public void An_identify_that_names_an_earlier_id_asks_for_both_merges()
    {
        var record = CustomerRecord.Fresh("u:ann");
        record.Fold(Given.Identify(1, "{}") with { AnonymousId = "x", PreviousId = "x" }, 1);
        record.Fold(Given.Event(EventType.Alias, 2, "{}") with { AnonymousId = "visitor", PreviousId = "old" }, 2);

        Assert.Equal(["a:old", "a:visitor", "a:x", "u:old", "u:x"], record.Pending.Select(p => p.Source).Order());
    }

    private static BehaviourEvent Item(string product, int quantity, double minute) =>
        Given.Track("Order Item Added", minute, $$"""{"order_id":"1","product_id":"{{product}}","quantity":"{{quantity}}","price":"8.5"}""");

    private static BehaviourEvent Once(double minute, string traits) => Given.Event(EventType.Identify, minute, $$"""{"traitsOnce":{{traits}}}""");
}
