namespace Crm.Access;

/// <summary>
/// Notes about once a minute which keys were used, so that an operator sees which are still needed; and at once that a new one was used
/// for the first time, for whoever waits to see that what sends with it is set up.
/// </summary>
internal sealed class KeyUse(KeyRing ring, ApiKeys keys, TimeProvider clock) : BackgroundService
{
    private const int LooksInAPeriod = 60;

    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_look, clock);
        for (var look = 1; await timer.WaitForNextTickAsync(stoppingToken); look++)
        {
            var used = ring.TakeUsed(firstOnly: look % LooksInAPeriod != 0);
            if (used.Count == 0) continue;
            try
            {
                await keys.Touch(used, clock.GetUtcNow(), stoppingToken);
            }
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
            {
                // It is only a hint for people; the next minute notes the next use.
                continue;
            }
        }
    }
}
