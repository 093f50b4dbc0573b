using Crm.Hosting;
using Crm.Records;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Crm.Leads;

/// <summary>Has leads seen to about every second; whichever silo lives asks the one grain that does it.</summary>
internal sealed class LeadWatch(IGrainFactory grains, TimeProvider clock, ILogger<LeadWatch> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(20);

    protected override async Task<TimeSpan?> Turn(CancellationToken stop) =>
        await grains.LeadDesk().Work().WaitAsync(stop) ? s_breath : s_pause;
}

/// <summary>Registers the rules of leads.</summary>
internal static class LeadsSetup
{
    public static void AddLeadRules(this IServiceCollection services)
    {
        services.AddSiloLoop<LeadWatch>();
        services.AddSingleton<RecordRules, LeadRules>();
    }
}
