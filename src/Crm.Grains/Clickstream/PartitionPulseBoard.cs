namespace Crm.Clickstream;

/// <summary>What a partition shows of itself: lags, newest events, most active customers. Kept cheap; made into words only when asked.</summary>
internal sealed class PartitionPulseBoard(TimeProvider clock)
{
    private const int NewestKept = 20;
    private const int ActiveShown = 10;

    /// <summary>Customers counted for "most active"; when full, the counts start anew.</summary>
    private const int MaxCounted = 5_000;

    /// <summary>Marks of when a number was reached, one a second: the history's lag is told up to ten minutes.</summary>
    private const int MaxMarks = 600;

    private static readonly TimeSpan CountFor = TimeSpan.FromMinutes(1);

    private readonly Queue<LaneEvent> _newest = new();
    private readonly Queue<(long Seq, long AtMs)> _marks = new();
    private Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private DateTimeOffset _countsSince = clock.GetUtcNow();
    private long _pendingSinceMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
    private long _unmarkedSinceMs;
    private long _events;

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The first event that is not applied was noticed now.</summary>
    public void PendingSince(long ms) => _pendingSinceMs = ms;

    public void RoundBegins(LogBlock first, List<Lane> lanes)
    {
        if (first.Events().FirstOrDefault() is { Packed.IsEmpty: false } oldest) _pendingSinceMs = PackedEvent.ReceivedAtMs(oldest.Packed.Span);
        var now = clock.GetUtcNow();
        if (now - _countsSince > CountFor || _counts.Count > MaxCounted)
        {
            _counts = new Dictionary<string, int>(StringComparer.Ordinal);
            _countsSince = now;
        }

        foreach (var lane in lanes)
        {
            var customer = lane.Route ?? lane.Id;
            _counts[customer] = _counts.GetValueOrDefault(customer) + lane.Sending.Length;
        }
    }

    public void RoundEnds(IReadOnlyList<LogBlock> blocks, int count)
    {
        _events += count;
        if (_unmarkedSinceMs == 0) _unmarkedSinceMs = NowMs;
        foreach (var logged in blocks[^1].Events().TakeLast(NewestKept))
        {
            if (_newest.Count >= NewestKept) _newest.Dequeue();
            _newest.Enqueue(logged);
        }
    }

    /// <summary>Notes once a second how far delivery is.</summary>
    public void Mark(long applied)
    {
        if (_marks.Count >= MaxMarks) _marks.Dequeue();
        _marks.Enqueue((applied, NowMs));
        _unmarkedSinceMs = 0;
    }

    public long LagMs(bool caughtUp) => caughtUp ? 0 : Math.Max(0, NowMs - _pendingSinceMs);

    /// <summary>Age of the first mark that the history has not reached.</summary>
    public long HistoryLagMs(long history, long applied)
    {
        if (history >= applied) return 0;
        while (_marks.TryPeek(out var mark) && mark.Seq <= history) _marks.Dequeue();
        var since = _marks.TryPeek(out var oldest) ? oldest.AtMs : _unmarkedSinceMs;
        return since == 0 ? 0 : Math.Max(1, NowMs - since);
    }

    public PartitionPulse Show(PartitionProgress progress)
    {
        var newest = _newest.Reverse().Select(logged => PackedEvent.Read(logged.Packed))
            .Select(e => new PulseEvent(e.Lane, e.Type, e.Name, e.ReceivedAtMs)).ToArray();
        var active = _counts.OrderByDescending(c => c.Value).Take(ActiveShown).Select(c => new PulseCustomer(c.Key, c.Value)).ToArray();
        return new PartitionPulse(progress, _events, newest, active);
    }
}
