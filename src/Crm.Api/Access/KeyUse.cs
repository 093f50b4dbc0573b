using Npgsql;

namespace Crm.Access;

/// <summary>Notes about once a minute which keys were used, so that an operator sees which are still needed.</summary>
internal sealed class KeyUse(KeyRing ring, ApiKeys keys, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var used = ring.TakeUsed();
            if (used.Count == 0) continue;
            try
            {
                await keys.Touch(used, clock.GetUtcNow(), stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
            {
                // It is only a hint for people; the next minute notes the next use.
                continue;
            }
        }
    }
}
