using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Segments;

/// <summary>
/// Has all customers looked at when definitions change, and those of whom people wrote something, and has scores and clusters found anew;
/// whichever silo lives asks the one grain that does it.
/// </summary>
internal sealed class SegmentsWatch(IGrainFactory grains, TimeProvider clock, ILogger<SegmentsWatch> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_betweenFits = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _clock = clock;
    private long? _asked;

    protected override async Task<TimeSpan?> Turn(CancellationToken stop)
    {
        if (_asked is not { } asked || _clock.GetElapsedTime(asked) >= s_betweenFits)
        {
            await grains.Segments().Refit(null, always: false).WaitAsync(stop);
            _asked = _clock.GetTimestamp();
        }

        return await grains.Segments().FollowCards().WaitAsync(stop) | await grains.Segments().Fill().WaitAsync(stop) ? TimeSpan.Zero : s_pause;
    }
}
