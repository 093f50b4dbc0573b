using Crm.Forecasts;
using Crm.Records;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Deals;

/// <summary>Registers the rules of deals.</summary>
internal static class DealsSetup
{
    public static void AddDealRules(this IServiceCollection services)
    {
        services.AddSiloLoop<PipelineCopy>();
        services.AddSiloLoop<HeatWatch>();
        services.AddSiloLoop<ForecastWatch>();
        services.AddSingleton<IPipelineBook>(all => all.GetRequiredService<PipelineCopy>());
        services.AddSingleton<RecordRules, DealRules>();
    }
}
