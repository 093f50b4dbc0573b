using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Tasks;

/// <summary>Fires reminders that are due, about every second. Each silo asks; what one of them fires, the database gives to no other.</summary>
internal sealed class ReminderWatch(IReminders reminders, TimeProvider clock, ILogger<ReminderWatch> logger) : SiloLoop(clock, logger)
{
    /// <summary>Reminders of one transaction: some MB of rows at most, so that it ends soon.</summary>
    internal const int AtATime = 500;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(20);

    protected override async Task<TimeSpan?> Turn(CancellationToken stop) =>
        await reminders.Fire(AtATime, stop) == AtATime ? s_breath : s_pause;
}
