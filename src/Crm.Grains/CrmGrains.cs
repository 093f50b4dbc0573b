using Crm.Auditing;
using Crm.Clickstream;
using Crm.Company;
using Crm.Customers;
using Crm.Deals;
using Crm.Hosting;
using Crm.Leads;
using Crm.Orders;
using Crm.Privacy;
using Crm.Records;
using Crm.Segments;
using Crm.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Crm;

/// <summary>Registers what the grains need, beside the storage of <c>AddCrmPostgres</c>.</summary>
public static class CrmGrains
{
    /// <summary>Adds the grains' services and options; all can be replaced afterwards.</summary>
    public static IServiceCollection AddCrmGrains(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<DeliveryOptions>();
        services.TryAddSingleton<ActiveCustomersOptions>();
        services.TryAddSingleton<CrmMetrics>();
        services.TryAddSingleton<HistoryGate>();
        services.TryAddSingleton<ActiveCustomers>();
        services.TryAddSingleton<AwakeCustomers>();
        services.TryAddSingleton<FollowedCustomers>();
        services.TryAddSingleton<CustomerServices>();
        services.TryAddSingleton<PartitionServices>();
        services.TryAddSingleton<RecordRuleBook>();
        services.AddRecordRules();
        services.AddDealRules();
        services.AddLeadRules();
        services.TryAddSingleton<RetentionOptions>();
        services.AddSiloLoop<PartitionKeeper>();
        services.AddSiloLoop<CompanySettingsCopy>();
        services.AddSiloLoop<LiveSegments>();
        services.AddSiloLoop<SegmentsWatch>();
        services.AddSiloLoop<RfmWatch>();
        services.TryAddSingleton<ILiveSegments>(all => all.GetRequiredService<LiveSegments>());
        services.AddSiloLoop<RestWatch>();
        services.AddSiloLoop<FollowedWatch>();
        services.AddSiloLoop<DuplicateWatch>();
        services.AddSiloLoop<CustomerListsWatch>();
        services.AddSiloLoop<WorthsWatch>();
        services.AddSiloLoop<OrderDeskWatch>();
        services.AddSingleton<RecordRules, CustomerRules>();
        services.AddSiloLoop<ErasureKeeper>();
        services.AddSiloLoop<AuditChainer>();
        services.AddSiloLoop<ReminderWatch>();
        services.TryAddSingleton<ICompanySettings>(all => all.GetRequiredService<CompanySettingsCopy>());
        services.AddHostedService<LogWatch>();
        return services;
    }

    /// <summary>Has a new installation begin with segments that most shops want.</summary>
    public static IServiceCollection AddFirstSegments(this IServiceCollection services)
    {
        services.AddSiloLoop<FirstSegments>();
        return services;
    }

    internal static void AddSiloLoop<TLoop>(this IServiceCollection services)
        where TLoop : SiloLoop
    {
        services.AddSingleton<TLoop>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(all => all.GetRequiredService<TLoop>());
    }
}
