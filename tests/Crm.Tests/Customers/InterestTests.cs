using Crm.Clickstream;
using Crm.Deals;
using Xunit;

namespace Crm.Customers;

/// <summary>What events weigh: the same in any order, near to the exact sum, and bounded.</summary>
public sealed class InterestTests
{
    private static readonly string[] s_names =
        ["Product Viewed", "Product Added", "Order Completed", "Order Refunded", "Checkout Started", "checkout_started", "Anything", "Email Delivered", "com.shop.order.cancelled"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_order_and_any_merges_give_the_same(int seed)
    {
        var random = new Random(seed);
        var events = Enumerable.Range(0, 400).Select(_ => Event(random.Next(0, 250 * 24 * 60), s_names[random.Next(s_names.Length)])).ToArray();
        var inOrder = Given.Profile(events.OrderBy(e => e.TimestampMs)).View().Interest;

        for (var round = 0; round < 20; round++)
        {
            random.Shuffle(events);
            var parts = events.Chunk(random.Next(1, 400)).Select(part => Given.Unpacked(Given.Profile(part).Packed())).ToArray();
            random.Shuffle(parts);
            var whole = new CustomerProfile();
            foreach (var part in parts) whole.Absorb(part);
            Assert.Equal(inOrder, Given.Profile(events).View().Interest);
            Assert.Equal(inOrder, whole.View().Interest);
        }

        Assert.InRange(inOrder.Count, 60, Heat.Days);
    }

    [Theory]
    [InlineData(7, 0.0014)]
    [InlineData(14, 0.0004)]
    [InlineData(1, 0.07)]
    public void Heat_is_near_to_the_sum_of_each_event_by_itself(int halfLife, double error)
    {
        var random = new Random(7);
        for (var round = 0; round < 50; round++)
        {
            var events = Enumerable.Range(0, 30).Select(_ => Event(random.Next(0, 20 * 24 * 60), s_names[random.Next(4)])).ToArray();
            var (now, since) = (Given.Start.AddDays(21), Heat.Day(Given.Start.AddDays(3)));
            var counted = events.Where(e => Heat.Day(At(e)) >= since).ToArray();
            var exact = counted.Sum(e => Weight(e.Name!) * Math.Pow(2, -(now - At(e)).TotalDays / halfLife));
            var most = counted.Sum(e => Math.Abs(Weight(e.Name!)) * Math.Pow(2, -(now - At(e)).TotalDays / halfLife));

            Assert.Equal(exact, Heat.Of(Given.Profile(events).View().Interest, since, now, halfLife), error * most);
        }
    }

    [Fact]
    public void Events_of_crawlers_and_of_clocks_that_run_ahead_do_not_warm()
    {
        var crawler = Event(0, "Order Completed") with { Faults = EventFaults.Crawler };
        var ahead = Event(500_000, "Order Completed") with { ReceivedAtMs = Given.Minute(60) };

        Assert.Equal([new InterestDay(Heat.Day(Given.Start), 30, 30 * 60)], Given.Profile(crawler, ahead).View().Interest);
    }

    [Fact]
    public void Heats_stand_to_each_other_for_ever_as_their_bases()
    {
        var (one, other) = (Heat.Base(10, Given.Start, 7)!.Value, Heat.Base(10, Given.Start.AddDays(7), 7)!.Value);

        Assert.Equal(1, other - one, 9);
        Assert.Null(Heat.Base(-1, Given.Start, 7));
    }

    private static int Weight(string name) => name switch { "Product Viewed" => 2, "Product Added" => 8, "Order Completed" => 30, "Order Refunded" => -15, _ => 0 };

    private static DateTimeOffset At(BehaviourEvent happened) => DateTimeOffset.FromUnixTimeMilliseconds(happened.TimestampMs);

    private static BehaviourEvent Event(int minute, string name) => Given.Track(name, minute);
}
