using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Segments;

/// <summary>Has all customers looked at when definitions change, and those of whom people wrote something; whichever silo lives asks the one grain that does it.</summary>
internal sealed class SegmentsWatch(IGrainFactory grains, TimeProvider clock, ILogger<SegmentsWatch> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    protected override async Task<TimeSpan?> Turn(CancellationToken stop) =>
        await grains.Segments().FollowCards().WaitAsync(stop) | await grains.Segments().Fill().WaitAsync(stop) ? TimeSpan.Zero : s_pause;
}
