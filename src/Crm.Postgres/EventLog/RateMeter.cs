namespace Crm.Clickstream;

/// <summary>How many things happen per second, over the last one or two tenths of a second. For hints only.</summary>
internal sealed class RateMeter(TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);
    private readonly Lock _lock = new();
    private long _began = clock.GetTimestamp();
    private long _count;
    private double _perSecond;

    /// <summary>Zero again soon after nothing happens any more.</summary>
    public double PerSecond
    {
        get
        {
            lock (_lock)
            {
                Roll();
                return _perSecond;
            }
        }
    }

    public void Add(int count)
    {
        lock (_lock)
        {
            Roll();
            _count += count;
        }
    }

    private void Roll()
    {
        var elapsed = clock.GetElapsedTime(_began);
        if (elapsed < Window) return;
        _perSecond = _count / elapsed.TotalSeconds;
        _count = 0;
        _began = clock.GetTimestamp();
    }
}
