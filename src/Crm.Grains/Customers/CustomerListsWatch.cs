using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Customers;

/// <summary>Has what lists of customers wait for done about every second; whichever silo lives asks the one grain that does it.</summary>
internal sealed class CustomerListsWatch(IGrainFactory grains, TimeProvider clock, ILogger<CustomerListsWatch> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(20);

    protected override async Task<TimeSpan?> Turn(CancellationToken stop) =>
        await grains.CustomerLists().Work().WaitAsync(stop) ? s_breath : s_pause;
}
