using Crm.Customers;
using Crm.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Streams;
using Xunit;

namespace Crm.Clickstream;

/// <summary>From the log to live customers and their history, on two silos and a real database.</summary>
public sealed class SpineTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    [Fact]
    public async Task An_event_that_is_logged_counts_in_its_customer()
    {
        var id = "u:" + crm.NewId();

        await crm.Happen(crm.Track(id), crm.Track(id));

        Assert.Equal(2, (await crm.Profile(id))!.CountsByEvent["Tested"]);
    }

    [Fact]
    public async Task An_event_produced_to_the_orleans_stream_is_logged_and_counts()
    {
        var id = "u:" + crm.NewId();
        var silo = crm.Silos.Silos[0].ServiceProvider;
        var provider = silo.GetRequiredKeyedService<IStreamProvider>(Partitioning.StreamProvider);
        var partition = Partitioning.Of(id);

        await provider.GetStream<BehaviourEvent>(StreamId.Create(Partitioning.StreamNamespace, partition)).OnNextAsync(crm.Track(id));

        await Eventually.True(async () => (await crm.Profile(id))?.CountsByEvent["Tested"] == 1, "the event counts");
    }

    [Fact]
    public async Task A_copy_of_a_message_counts_once_in_the_customer_and_in_the_history()
    {
        var id = "u:" + crm.NewId();
        var copies = Enumerable.Range(0, 20).Select(_ => crm.Track(id, messageId: "same-" + id)).ToArray();

        await Task.WhenAll(copies.Select(c => crm.Happen(c)));
        await crm.Settle();

        Assert.Equal(1, (await crm.Profile(id))!.CountsByEvent["Tested"]);
        Assert.Equal(1, await History(id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_identify_before_among_or_after_the_visitors_events_makes_the_same_customer(int before)
    {
        var (user, visitor) = (crm.NewId(), crm.NewId());
        for (var i = 0; i < before; i++) await crm.Happen(crm.Track("a:" + visitor));

        await crm.Happen(crm.Identify(user, visitor));
        for (var i = before; i < 2; i++) await crm.Happen(crm.Track("a:" + visitor));
        await crm.Happen(crm.Track("u:" + user));

        var profile = await crm.Profile("u:" + user);
        Assert.Equal(3, profile!.CountsByEvent["Tested"]);
        Assert.Equal(["a:" + visitor], profile.Merges.Select(m => m.Source));
        Assert.Equal("u:" + user, (await crm.Profile("a:" + visitor))!.Id);
    }

    [Fact]
    public async Task A_visitor_belongs_to_the_first_user_that_is_seen_with_it()
    {
        var (first, second, visitor) = (crm.NewId(), crm.NewId(), crm.NewId());
        await crm.Happen(crm.Track("a:" + visitor));

        await crm.Happen(crm.Identify(first, visitor));
        await crm.Profile("u:" + first);
        await crm.Happen(crm.Identify(second, visitor), crm.Track("u:" + second));

        Assert.Equal("u:" + first, (await crm.Profile("a:" + visitor))!.Id);
        var other = await crm.Profile("u:" + second);
        Assert.Equal("u:" + second, other!.Id);
        Assert.Empty(other.Merges);
    }

    [Fact]
    public async Task A_poison_event_becomes_a_dead_letter_and_its_customer_goes_on()
    {
        var id = "u:" + crm.NewId();

        await crm.Happen(crm.Track(id), crm.Track(id, CrmCluster.PoisonName), crm.Track(id));
        await crm.Settle();

        var profile = await crm.Profile(id);
        Assert.Equal(2, profile!.CountsByEvent["Tested"]);
        Assert.False(profile.CountsByEvent.ContainsKey(CrmCluster.PoisonName));
        Assert.Equal(2, await History(id));
        Assert.Equal(1, await crm.Database.Ask<long>($"SELECT count(*) FROM dead_letter WHERE lane = '{id}' AND packed IS NOT NULL"));
    }

    [Fact]
    public async Task What_an_activation_forgets_is_given_to_the_next_one()
    {
        var id = "u:" + crm.NewId();
        await crm.Happen(crm.Track(id), crm.Track(id));

        await crm.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

        Assert.Equal(2, (await crm.Profile(id))!.CountsByEvent["Tested"]);
        await crm.Happen(crm.Track(id));
        Assert.Equal(3, (await crm.Profile(id))!.CountsByEvent["Tested"]);
    }

    [Fact]
    public async Task A_customer_that_cannot_be_read_is_parked_and_takes_its_events_later()
    {
        var partition = Partitioning.Of("u:ill");
        var neighbour = Stores.LaneOf(partition, 77);

        // A row of a version that this build does not know.
        await crm.Database.Do("INSERT INTO customer (id, partition, row_version, state, events, orders) VALUES ('u:ill', " + partition + ", 1, '\\xff', 0, 0)");
        await crm.Stores.Writer.Append([crm.Track("u:ill"), crm.Track(neighbour)]);
        await Eventually.True(
            async () => await crm.Database.Ask<long>("SELECT count(*) FROM parked_event WHERE lane = 'u:ill'") == 1, "the event is side-queued", TimeSpan.FromSeconds(60));
        await crm.Happen(crm.Track(neighbour));
        Assert.Equal(2, (await crm.Profile(neighbour))!.CountsByEvent["Tested"]);

        await crm.Database.Do("DELETE FROM customer WHERE id = 'u:ill'");
        await crm.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        await Eventually.True(
            async () => await crm.Database.Ask<long>("SELECT count(*) FROM parked_event WHERE lane = 'u:ill'") == 0, "the side queue is empty", TimeSpan.FromSeconds(60));

        Assert.Equal(1, (await crm.Profile("u:ill"))!.CountsByEvent["Tested"]);
        await Eventually.True(async () => await History("u:ill") == 1, "the history has it");
    }

    private Task<long> History(string lane) => crm.Database.Ask<long>($"SELECT count(*) FROM history WHERE lane = '{lane}'");
}
