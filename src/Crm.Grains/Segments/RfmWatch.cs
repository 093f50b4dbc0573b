using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Segments;

/// <summary>Has scores and clusters of those who bought found anew when it is time: apart from the looks at all customers, which do not wait for it.</summary>
internal sealed class RfmWatch(IGrainFactory grains, TimeProvider clock, ILogger<RfmWatch> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);

    protected override TimeSpan PauseAfterFailure => s_pause;

    protected override async Task<TimeSpan?> Turn(CancellationToken stop)
    {
        await grains.Segments().Refit(null, always: false).WaitAsync(stop);
        return s_pause;
    }
}
