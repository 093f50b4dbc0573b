namespace Crm.Clickstream;

/// <summary>Blocks that hints brought and that are not applied yet. Bounded: what does not fit is read from the log later.</summary>
internal sealed class PartitionWindow(int maxEvents)
{
    private readonly Queue<LogBlock> _blocks = new();
    private long _last;
    private int _events;

    /// <summary>Takes a block if it continues what is here, or what was taken last, and fits.</summary>
    public void Offer(LogBlock block, long applied)
    {
        if (_blocks.Count == 0) _last = Math.Max(_last, applied);
        if (block.LastSeq <= _last || block.FirstSeq > _last + 1 || (_events > 0 && _events + block.Count > maxEvents)) return;
        _blocks.Enqueue(block);
        _last = block.LastSeq;
        _events += block.Count;
    }

    /// <summary>The next blocks that continue at <paramref name="applied"/>, at most about <paramref name="events"/> events; none when a gap is before them.</summary>
    public List<LogBlock> Take(long applied, int events)
    {
        var taken = new List<LogBlock>();
        while (events > 0 && _blocks.TryPeek(out var block) && block.FirstSeq <= applied + 1)
        {
            _blocks.Dequeue();
            _events -= block.Count;
            if (block.LastSeq <= applied) continue;
            taken.Add(block);
            events -= block.Count;
            applied = block.LastSeq;
        }

        return taken;
    }
}
