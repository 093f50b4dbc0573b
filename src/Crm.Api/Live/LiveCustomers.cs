using Crm.Customers;

namespace Crm.Live;

/// <summary>
/// Customers that pages of this process show. Their grains are asked to tell when they change, again and again for as long as somebody
/// looks: one that moved to another silo is found again so.
/// </summary>
internal sealed partial class LiveCustomers(IGrainFactory grains, TimeProvider clock, ILogger<LiveCustomers> logger) : BackgroundService, ILiveCustomers, ICustomerFollower
{
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<Action>> _pages = new(StringComparer.Ordinal);
    private ICustomerFollower? _self;

    /// <inheritdoc/>
    public IDisposable Follow(string id, Action changed)
    {
        lock (_lock) (_pages.TryGetValue(id, out var pages) ? pages : _pages[id] = []).Add(changed);
        _ = Ask(id);
        return new Page(this, id, changed);
    }

    public Task Changed(string[] ids)
    {
        Action[] pages;
        lock (_lock) pages = [.. ids.Where(_pages.ContainsKey).SelectMany(id => _pages[id])];
        foreach (var page in pages) page();
        return Task.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_again, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            string[] ids;
            lock (_lock) ids = [.. _pages.Keys];
            foreach (var id in ids) await Ask(id).WaitAsync(stoppingToken);
        }
    }

    private async Task Ask(string id)
    {
        try
        {
            await grains.Customer(id).Follow(_self ??= grains.CreateObjectReference<ICustomerFollower>(this));
        }
        catch (Exception away)
        {
            // It is asked again in a while, and the page reads it meanwhile.
            LogAway(away);
        }
    }

    private void Leave(string id, Action changed)
    {
        lock (_lock)
        {
            if (!_pages.TryGetValue(id, out var pages)) return;
            pages.Remove(changed);
            if (pages.Count == 0) _pages.Remove(id);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A customer cannot be followed now")]
    private partial void LogAway(Exception problem);

    private sealed class Page(LiveCustomers all, string id, Action changed) : IDisposable
    {
        public void Dispose() => all.Leave(id, changed);
    }
}
