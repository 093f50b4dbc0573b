using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Privacy;

/// <summary>Sees to it that every erasure goes on, whoever died, and that events of erased people that came late become blank.</summary>
internal sealed class ErasureKeeper(IGrainFactory grains, IErasures erasures, TimeProvider clock, ILogger<ErasureKeeper> logger)
    : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);

    /// <summary>Erasures at a time: each looks through blocks of the log, which others read from the same disk.</summary>
    private const int AtOnce = 4;

    /// <summary>Late events of one round.</summary>
    private const int LateEvents = 500;

    protected override async Task<TimeSpan?> Turn(CancellationToken stop)
    {
        var open = await erasures.Unfinished(AtOnce, stop);
        await Task.WhenAll(open.Select(id => grains.Erasure(id).Run())).WaitAsync(stop);
        var late = await erasures.BlankLate(LateEvents, stop);
        return open.Count == AtOnce || late == LateEvents ? TimeSpan.Zero : s_period;
    }
}
