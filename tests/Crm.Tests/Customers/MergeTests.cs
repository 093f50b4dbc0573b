using Crm.Clickstream;
using Crm.Infrastructure;
using Orleans.Runtime;
using Xunit;

namespace Crm.Customers;

/// <summary>Merges that are under way, on two silos and a real database.</summary>
public sealed class MergeTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task A_customer_that_was_given_away_goes_although_nobody_came_for_it()
    {
        var (given, taker, other, visitor) = ("u:" + crm.NewId(), "u:" + crm.NewId(), "u:" + crm.NewId(), crm.NewId());
        await crm.Happen(crm.Track(given));
        Assert.Equal(given, (await crm.Profile(given))!.Id);

        // Who was to freeze these died before it could, and left nothing that would try again.
        var ledger = crm.Stores.Get<IMergeLedger>();
        await ledger.Decide(given, taker, "alias");
        await ledger.Decide("a:" + visitor, other, "identify");
        await crm.Happen(crm.Identify(given[2..], visitor));

        await Eventually.True(
            async () => (await crm.Stores.Get<ICustomerStore>().Read(given)).Row?.MovedTo == taker, "it freezes itself");
        await crm.Happen(crm.Track(given));
        Assert.Equal(2, (await crm.Profile(given))!.CountsByEvent["Tested"]);
        Assert.Equal(taker, (await crm.Profile(given))!.Id);
    }

    [Fact]
    public async Task A_position_is_reached_for_a_visitor_only_when_its_merge_is_carried_out()
    {
        var (user, visitor) = ("u:" + crm.NewId(), "a:" + crm.NewId());
        await crm.Happen(crm.Track(visitor));
        Assert.Equal(visitor, (await crm.Profile(visitor))!.Id);
        var partition = crm.Grains.Partition(Partitioning.Of(user));
        long seq;
        await using (await LedgerPause.Begin(crm.Database))
        {
            seq = await Log(crm.Identify(user[2..], visitor[2..]));
            Assert.NotNull(await partition.Reach(seq, null, s_long));

            Assert.Null(await partition.Reach(seq, visitor, s_short));
            Assert.NotNull(await partition.Reach(seq, "a:" + crm.NewId(), s_short));
        }

        await Eventually.True(async () => await partition.Reach(seq, visitor, s_long) is not null, "the merge is carried out", s_long);
        Assert.Equal(user, (await crm.Grains.Customer(visitor).View()).MovedTo);
    }

    [Fact]
    public async Task The_next_owner_of_a_partition_knows_of_merges_that_wait()
    {
        var (user, visitor) = ("u:" + crm.NewId(), "a:" + crm.NewId());
        var number = Partitioning.Of(user);
        var partition = crm.Grains.Partition(number);
        long seq;
        await using (await LedgerPause.Begin(crm.Database))
        {
            seq = await Log(crm.Identify(user[2..], visitor[2..]));
            await Eventually.True(async () => (await crm.Stores.Partitions.Load(number)).Checkpoint >= seq, "the checkpoint passes the event", s_long);
            await Eventually.True(
                async () =>
                {
                    await crm.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
                    return (await partition.Pulse()).Events == 0;
                },
                "another owner begins at the checkpoint",
                s_long);

            Assert.NotNull(await partition.Reach(seq, null, s_long));
            Assert.Null(await partition.Reach(seq, visitor, s_short));
        }

        await Eventually.True(async () => await partition.Reach(seq, visitor, s_long) is not null, "the merge is carried out", s_long);
        Assert.Equal(user, (await crm.Grains.Customer(visitor).View()).MovedTo);
    }

    private async Task<long> Log(BehaviourEvent happened) => (await crm.Stores.Writer.Append([happened])).Seqs.Single().Seq;
}
