using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Customers;

/// <summary>Has the ids that customers were given looked up about every second; whichever silo lives asks the one grain that does it.</summary>
internal sealed class DuplicateWatch(IGrainFactory grains, TimeProvider clock, ILogger<DuplicateWatch> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(20);

    protected override async Task<TimeSpan?> Turn(CancellationToken stop) =>
        await grains.Duplicates().Look().WaitAsync(stop) ? s_breath : s_pause;
}
