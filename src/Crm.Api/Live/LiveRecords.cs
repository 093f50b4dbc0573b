using System.Threading.Channels;
using Crm.Access;
using Crm.Auditing;

namespace Crm.Live;

/// <summary>
/// Tells open pages which records were changed, by reading the end of the audit: it has every change, of whatever silo and API. While no
/// page looks it asks nothing.
/// </summary>
internal sealed partial class LiveRecords(AuditTail tail, PeopleDirectory people, TimeProvider clock, ILogger<LiveRecords> logger) : BackgroundService, ILiveRecords
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(300);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<Action<IReadOnlyList<Moved>>>> _pages = new(StringComparer.Ordinal);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <inheritdoc/>
    public IDisposable Follow(string kind, Action<IReadOnlyList<Moved>> moved)
    {
        lock (_lock) (_pages.TryGetValue(kind, out var pages) ? pages : _pages[kind] = []).Add(moved);
        _wake.Writer.TryWrite(true);
        return new Page(this, kind, moved);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _wake.Reader.WaitToReadAsync(stoppingToken))
        {
            _wake.Reader.TryRead(out _);
            using var timer = new PeriodicTimer(s_pause, clock);
            while (IsWatched)
            {
                await Look(stoppingToken);
                await timer.WaitForNextTickAsync(stoppingToken);
            }

            tail.Rest();
        }
    }

    private bool IsWatched
    {
        get
        {
            lock (_lock) return _pages.Count > 0;
        }
    }

    private async Task Look(CancellationToken stop)
    {
        try
        {
            foreach (var kind in (await tail.Look(stop)).GroupBy(m => m.Kind))
            {
                Action<IReadOnlyList<Moved>>[] pages;
                lock (_lock) pages = _pages.TryGetValue(kind.Key, out var found) ? [.. found] : [];
                if (pages.Length == 0) continue;
                Moved[] moved = [.. kind.Select(m => new Moved(m.Id, m.Action, m.By, people.User(m.By)?.Name))];
                foreach (var page in pages) page(moved);
            }
        }
        catch (Exception away) when (!stop.IsCancellationRequested)
        {
            // The next look goes on from where the last one was.
            LogAway(away);
        }
    }

    private void Leave(string kind, Action<IReadOnlyList<Moved>> moved)
    {
        lock (_lock)
        {
            if (!_pages.TryGetValue(kind, out var pages)) return;
            pages.Remove(moved);
            if (pages.Count == 0) _pages.Remove(kind);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The end of the audit cannot be read now")]
    private partial void LogAway(Exception problem);

    private sealed class Page(LiveRecords all, string kind, Action<IReadOnlyList<Moved>> moved) : IDisposable
    {
        public void Dispose() => all.Leave(kind, moved);
    }
}
