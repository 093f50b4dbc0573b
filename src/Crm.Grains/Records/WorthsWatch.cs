using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Records;

/// <summary>Has records revalued when rates have changed; whichever silo lives asks the one grain that does it.</summary>
internal sealed class WorthsWatch(IGrainFactory grains, TimeProvider clock, ILogger<WorthsWatch> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(20);

    protected override async Task<TimeSpan?> Turn(CancellationToken stop) =>
        await grains.Worths().Work().WaitAsync(stop) ? s_breath : s_pause;
}
