using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Customers;

/// <summary>Has the customers of a silo rest who are not heard of, a bounded number at a time.</summary>
internal sealed class RestWatch(AwakeCustomers awake, TimeProvider clock, ILogger<RestWatch> logger) : SiloLoop(clock, logger)
{
    private const int MostAtOnce = 50;
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(25);

    protected override Task<TimeSpan?> Turn(CancellationToken stop) => Task.FromResult<TimeSpan?>(awake.LetRest(MostAtOnce) ? s_breath : s_pause);
}
