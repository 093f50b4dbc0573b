namespace Crm.Customers;

/// <summary>
/// Visits: groups of events no more than 30 minutes apart. The newest are kept as intervals, so that a late event widens or
/// joins the right ones; older ones are only a count. Exact for events that are late by fewer visits than are kept.
/// </summary>
internal sealed class Sessions
{
    /// <summary>Events further apart than this belong to different visits.</summary>
    public const long IdleMs = 30 * 60 * 1000;

    /// <summary>Visits that late events can still change: about a month of a regular visitor, in at most 160 stored bytes.</summary>
    public const int MaxOpen = 16;

    private (long StartMs, long EndMs)[] _open = new (long, long)[1];
    private int _count;
    private int _closed;
    private long _closedEndMs;

    public int Count => _closed + _count;

    public void Visit(long atMs) => Add(atMs, atMs);

    public void Absorb(Sessions other)
    {
        _closedEndMs = (_closed, other._closed) switch
        {
            (_, 0) => _closedEndMs,
            (0, _) => other._closedEndMs,
            _ => Math.Max(_closedEndMs, other._closedEndMs),
        };
        _closed += other._closed;
        for (var at = 0; at < other._count; at++) Join(other._open[at].StartMs, other._open[at].EndMs);
        Close();
    }

    public void Write(ProfileWriter output)
    {
        output.Count(_count);
        for (var at = _count - 1; at >= 0; at--)
        {
            output.Time(_open[at].EndMs);
            output.Time(_open[at].StartMs);
        }

        output.Count(_closed);
        if (_closed > 0) output.Time(_closedEndMs);
    }

    public static Sessions Read(ProfileReader reader, ref PackReader input)
    {
        var count = input.Count();
        var sessions = new Sessions { _count = count, _open = new (long, long)[Math.Max(1, count)] };
        for (var at = count - 1; at >= 0; at--)
        {
            var end = reader.Time(ref input);
            sessions._open[at] = (reader.Time(ref input), end);
        }

        sessions._closed = input.Count();
        if (sessions._closed > 0) sessions._closedEndMs = reader.Time(ref input);
        return sessions;
    }

    private void Add(long startMs, long endMs)
    {
        Join(startMs, endMs);
        Close();
    }

    private void Join(long startMs, long endMs)
    {
        var first = _count;
        while (first > 0 && _open[first - 1].EndMs >= startMs - IdleMs) first--;
        var behind = first;
        while (behind < _count && _open[behind].StartMs <= endMs + IdleMs) behind++;
        if (first == behind)
        {
            // Too late to tell which closed visit it belongs to.
            if (first == 0 && _closed > 0 && endMs <= _closedEndMs + IdleMs) return;
            if (_count == _open.Length) Array.Resize(ref _open, _count * 2);
            Array.Copy(_open, first, _open, first + 1, _count - first);
            _open[first] = (startMs, endMs);
            _count++;
            return;
        }

        _open[first] = (Math.Min(startMs, _open[first].StartMs), Math.Max(endMs, _open[behind - 1].EndMs));
        Array.Copy(_open, behind, _open, first + 1, _count - behind);
        _count -= behind - first - 1;
    }

    private void Close()
    {
        while (_count > MaxOpen)
        {
            _closedEndMs = _closed == 0 ? _open[0].EndMs : Math.Max(_closedEndMs, _open[0].EndMs);
            _closed++;
            _count--;
            Array.Copy(_open, 1, _open, 0, _count);
        }
    }
}
