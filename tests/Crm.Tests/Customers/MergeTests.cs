using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

/// <summary>Merges that are under way, on two silos and a real database.</summary>
public sealed class MergeTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
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
}
