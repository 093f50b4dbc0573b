using Crm.Clickstream;
using Crm.Customers;
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
        services.TryAddSingleton<CustomerServices>();
        services.TryAddSingleton<PartitionServices>();
        services.AddHostedService<LogWatch>();
        return services;
    }
}
