using System.Text.Json;
using Crm.Customers;
using Xunit;

namespace Crm.Delivery;

/// <summary>Customers who are not heard of keep only their stored form; that they rest in the middle of all faults is a mix of <see cref="DeliveryProperties"/>.</summary>
public sealed class RestingTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(31);

    [Fact]
    public async Task Who_is_not_needed_for_a_while_rests_and_answers_the_same_when_it_is()
    {
        var world = AtTheEnd();
        var customers = world.Customers;
        Assert.NotEmpty(customers);

        world.LetRest(Quiet, 1_000);
        Assert.DoesNotContain(customers, c => c.IsResting);
        world.LetRest(Quiet, 1_000);
        Assert.All(customers, c => Assert.True(c.IsResting));

        foreach (var customer in customers)
        {
            var awake = AtTheEnd().Customers.Single(c => c.GrainContext.GrainId == customer.GrainContext.GrainId);
            Assert.Equal(JsonSerializer.Serialize(await awake.View()), JsonSerializer.Serialize(await customer.View()));
            Assert.True(customer.IsResting);
        }
    }

    [Fact]
    public async Task Who_is_needed_meanwhile_stays_awake()
    {
        var world = AtTheEnd();
        world.LetRest(Quiet, 1_000);
        var needed = world.Customers.First(c => c.View().Result.View is not null);

        world.LetRest(Quiet, 1_000);

        Assert.False(needed.IsResting);
        Assert.Contains(world.Customers, c => c.IsResting);
        Assert.NotNull((await needed.View()).View);
    }

    [Fact]
    public void No_more_than_asked_for_are_looked_at_at_once()
    {
        var world = AtTheEnd();
        world.LetRest(Quiet, 1_000);

        Assert.True(world.LetRest(Quiet, 1));

        Assert.InRange(world.Customers.Count(c => c.IsResting), 1, 2);
        Assert.False(world.LetRest(TimeSpan.Zero, 1_000));
    }

    /// <summary>A world in which all that was sent is stored and was seen.</summary>
    private static World AtTheEnd()
    {
        var world = new World(1, Scenarios.Calm with { CustomersPerSilo = 100 }, new DeliveryRules(), new MemoryStorage());
        Assert.Null(world.Run());
        return world;
    }
}
