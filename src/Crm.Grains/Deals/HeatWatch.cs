using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Deals;

/// <summary>Has the heat of lists brought up to date every few seconds; whichever silo lives asks the one grain that does it.</summary>
internal sealed class HeatWatch(IGrainFactory grains, TimeProvider clock, ILogger<HeatWatch> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(100);

    protected override async Task<TimeSpan?> Turn(CancellationToken stop) =>
        await grains.DealHeat().Refresh().WaitAsync(stop) ? s_breath : s_pause;
}
