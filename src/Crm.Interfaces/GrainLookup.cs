using Crm.Clickstream;
using Crm.Company;
using Crm.Customers;
using Crm.Deals;
using Crm.Leads;
using Crm.Orders;
using Crm.Privacy;
using Crm.Records;
using Crm.Segments;

namespace Crm;

/// <summary>Typed lookup of grains.</summary>
public static class GrainLookup
{
    /// <summary>A customer by its id.</summary>
    public static ICustomerGrain Customer(this IGrainFactory grains, string id) => grains.GetGrain<ICustomerGrain>(id);

    /// <summary>A partition of the log by its number.</summary>
    public static IPartitionGrain Partition(this IGrainFactory grains, int partition) => grains.GetGrain<IPartitionGrain>(partition);

    /// <summary>The company's settings.</summary>
    public static ICompanyGrain Company(this IGrainFactory grains) => grains.GetGrain<ICompanyGrain>(0);

    /// <summary>What looks up who else has an id.</summary>
    public static IDuplicatesGrain Duplicates(this IGrainFactory grains) => grains.GetGrain<IDuplicatesGrain>(0);

    /// <summary>What sees to leads.</summary>
    public static ILeadDeskGrain LeadDesk(this IGrainFactory grains) => grains.GetGrain<ILeadDeskGrain>(0);

    /// <summary>A user's claims of leads.</summary>
    public static ILeadClaimsGrain LeadClaims(this IGrainFactory grains, string user) => grains.GetGrain<ILeadClaimsGrain>(user);

    /// <summary>What keeps the heat of lists of deals.</summary>
    public static IDealHeatGrain DealHeat(this IGrainFactory grains) => grains.GetGrain<IDealHeatGrain>(0);

    /// <summary>What carries out what lists of customers wait for.</summary>
    public static ICustomerListsGrain CustomerLists(this IGrainFactory grains) => grains.GetGrain<ICustomerListsGrain>(0);

    /// <summary>What makes orders of events.</summary>
    public static IOrderDeskGrain OrderDesk(this IGrainFactory grains) => grains.GetGrain<IOrderDeskGrain>(0);

    /// <summary>What gives records their worth anew.</summary>
    public static IWorthsGrain Worths(this IGrainFactory grains) => grains.GetGrain<IWorthsGrain>(0);

    /// <summary>All segments.</summary>
    public static ISegmentsGrain Segments(this IGrainFactory grains) => grains.GetGrain<ISegmentsGrain>(0);

    /// <summary>A record by its kind and id.</summary>
    public static IRecordGrain Record(this IGrainFactory grains, string kind, string id) => grains.GetGrain<IRecordGrain>(kind + "/" + id);

    /// <summary>An erasure by its id.</summary>
    public static IErasureGrain Erasure(this IGrainFactory grains, Guid id) => grains.GetGrain<IErasureGrain>(id);

    /// <summary>What keeps log and history at their size.</summary>
    public static IMaintenanceGrain Maintenance(this IGrainFactory grains) => grains.GetGrain<IMaintenanceGrain>(0);
}
