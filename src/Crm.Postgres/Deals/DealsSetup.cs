using Crm.Forecasts;
using Crm.Leads;
using Crm.Records;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Deals;

/// <summary>Registers what of deals stands in PostgreSQL beside their rows.</summary>
internal static class DealsSetup
{
    public static void AddDeals(this IServiceCollection services)
    {
        services.AddSingleton(all => new Pipelines(all.GetRequiredService<DataSources>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IPipelines>(all => all.GetRequiredService<Pipelines>());
        services.AddSingleton(all => new Forecasts.Forecasts(
            all.GetRequiredService<RecordLists>(), all.GetRequiredService<DataSources>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IForecastKeeper>(all => all.GetRequiredService<Forecasts.Forecasts>());
        services.AddSingleton(all => new Quotas(all.GetRequiredService<DataSources>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IPersonLinks>(all => new PersonLinks(all.GetRequiredService<DataSources>()));
        services.AddSingleton<ILeadStore>(all => new LeadStore(all.GetRequiredService<DataSources>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IDealHeat>(all => new DealHeat(all.GetRequiredService<DataSources>()));
        services.AddSingleton(all => new DealBoards(all.GetRequiredService<RecordLists>()));
    }
}
