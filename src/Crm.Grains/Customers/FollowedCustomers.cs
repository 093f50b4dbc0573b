using System.Collections.Concurrent;
using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Customers;

/// <summary>
/// Who looks at which customer of this silo. While nobody does it costs a customer's turn one comparison, and an activation holds nothing
/// for it.
/// </summary>
internal sealed class FollowedCustomers(TimeProvider clock)
{
    /// <summary>Who looks says so again every fifteen seconds; who has gone is forgotten after this.</summary>
    private static readonly TimeSpan s_believed = TimeSpan.FromSeconds(60);

    /// <summary>Customers that are looked at on one silo: some pages each of some hundred people.</summary>
    private const int Most = 20_000;

    private readonly ConcurrentDictionary<string, Dictionary<ICustomerFollower, DateTimeOffset>> _followers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _changed = new(StringComparer.Ordinal);

    /// <summary>Somebody looks, from now on for a while.</summary>
    public void Follow(string id, ICustomerFollower follower)
    {
        if (_followers.Count >= Most && !_followers.ContainsKey(id)) return;
        var followers = _followers.GetOrAdd(id, static _ => []);
        lock (followers) followers[follower] = clock.GetUtcNow();
    }

    /// <summary>A customer changed.</summary>
    public void Changed(string id)
    {
        if (!_followers.IsEmpty && _followers.ContainsKey(id)) _changed[id] = true;
    }

    /// <summary>Tells who looks what changed since the last time.</summary>
    public async Task Tell()
    {
        var told = new Dictionary<ICustomerFollower, List<string>>();
        foreach (var id in _changed.Keys)
        {
            if (!_changed.TryRemove(id, out _) || !_followers.TryGetValue(id, out var followers)) continue;
            lock (followers)
                foreach (var follower in followers.Keys) (told.TryGetValue(follower, out var ids) ? ids : told[follower] = []).Add(id);
        }

        foreach (var (follower, ids) in told) await follower.Changed([.. ids]);
    }

    /// <summary>Forgets who does not look any more.</summary>
    public void Sweep()
    {
        var gone = clock.GetUtcNow() - s_believed;
        foreach (var (id, followers) in _followers)
        {
            lock (followers)
            {
                foreach (var (follower, at) in followers) if (at < gone) followers.Remove(follower);
                if (followers.Count == 0) _followers.TryRemove(id, out _);
            }
        }
    }
}

/// <summary>Tells of followed customers four times a second.</summary>
internal sealed class FollowedWatch(FollowedCustomers followed, TimeProvider clock, ILogger<FollowedWatch> logger) : SiloLoop(clock, logger)
{
    private const int TurnsToASweep = 80;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);
    private int _turns;

    protected override async Task<TimeSpan?> Turn(CancellationToken stop)
    {
        await followed.Tell();
        if (++_turns % TurnsToASweep == 0) followed.Sweep();
        return s_pause;
    }
}
