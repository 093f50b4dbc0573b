using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Segments;

/// <summary>Has the segments made that an installation begins with.</summary>
internal sealed class FirstSegments(IGrainFactory grains, TimeProvider clock, ILogger<FirstSegments> logger) : SiloLoop(clock, logger)
{
    protected override async Task<TimeSpan?> Turn(CancellationToken stop)
    {
        await grains.Segments().Begin().WaitAsync(stop);
        return null;
    }
}
