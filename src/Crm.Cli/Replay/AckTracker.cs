namespace Crm.Replay;

/// <summary>
/// Knows how far a replay is without gaps, while several workers are at different places: all events below
/// <see cref="Done"/> are acknowledged.
/// </summary>
internal sealed class AckTracker
{
    private readonly Lock _gate = new();
    private readonly Queue<long>[] _open;
    private long _next;

    public AckTracker(int workers, long from)
    {
        _open = [.. Enumerable.Range(0, workers).Select(_ => new Queue<long>())];
        _next = from;
    }

    /// <summary>The first index that may not be acknowledged.</summary>
    public long Done
    {
        get
        {
            lock (_gate)
            {
                var done = _next;
                foreach (var queue in _open)
                {
                    if (queue.TryPeek(out var first)) done = Math.Min(done, first);
                }

                return done;
            }
        }
    }

    /// <summary>An event is on its way through a worker. Indices only grow.</summary>
    public void Dispatched(int worker, long index)
    {
        lock (_gate)
        {
            _open[worker].Enqueue(index);
            _next = index + 1;
        }
    }

    /// <summary>A worker's oldest events are acknowledged.</summary>
    public void Acknowledged(int worker, int count)
    {
        lock (_gate)
        {
            for (var i = 0; i < count; i++) _open[worker].Dequeue();
        }
    }

    /// <summary>There is nothing below an index that was not dispatched: what was skipped there counts as done.</summary>
    public void Ended(long end)
    {
        lock (_gate) _next = Math.Max(_next, end);
    }
}
