using Crm.Access;

namespace Crm.Clickstream;

/// <summary>Counts what breaks data plans, and adds it to the stored counts every second.</summary>
internal sealed class PlanCounts(DataPlans plans, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    /// <summary>Rules that are counted while the database does not answer. There are never more than the plans have.</summary>
    private const int MaxWaiting = 10_000;

    private readonly Lock _lock = new();
    private Dictionary<(string Source, string Event, string Rule), PlanViolation> _waiting = [];

    /// <summary>Counts one event that broke a rule.</summary>
    public void Add(string source, string name, string rule, bool refused)
    {
        var now = clock.GetUtcNow();
        Add(source, new PlanViolation(name, rule, refused ? 0 : 1, refused ? 1 : 0, now, now));
    }

    /// <summary>Adds what waits to the stored counts.</summary>
    internal async Task Flush(CancellationToken stop)
    {
        Dictionary<(string Source, string Event, string Rule), PlanViolation> taken;
        lock (_lock)
        {
            if (_waiting.Count == 0) return;
            (taken, _waiting) = (_waiting, []);
        }

        try
        {
            await plans.Count([.. taken.Select(t => (t.Key.Source, t.Value))], stop);
        }
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            foreach (var (key, violation) in taken) Add(key.Source, violation);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await Flush(stoppingToken);
        }
        finally
        {
            await Flush(CancellationToken.None);
        }
    }

    private void Add(string source, PlanViolation more)
    {
        var key = (source, more.Event, more.Rule);
        lock (_lock)
        {
            if (_waiting.TryGetValue(key, out var so))
                _waiting[key] = so with { Kept = so.Kept + more.Kept, Refused = so.Refused + more.Refused, LastAt = more.LastAt };
            else if (_waiting.Count < MaxWaiting)
                _waiting[key] = more;
        }
    }
}
