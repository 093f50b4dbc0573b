namespace Crm.Bench;

/// <summary>What one connection sent, so that some of it can be sent again.</summary>
internal sealed class SentEvents(double copies)
{
    /// <summary>Events that are remembered, a power of two: at 2,000 events/s a connection, half a minute.</summary>
    private const int Remembered = 65_536;
    private const int Recent = 1_000;

    private readonly (int Customer, long Number)[] _sent = new (int, long)[copies > 0 ? Remembered : 0];
    private long _count;

    /// <summary>Puts earlier events in the place of some of these, and remembers the others; answers how many are copies.</summary>
    public int Repeat(Span<int> customers, Span<long> numbers, ref SplitMix random)
    {
        if (copies <= 0) return 0;
        var before = _count;
        var repeated = 0;
        for (var i = 0; i < customers.Length; i++)
        {
            if (before > 0 && random.Below(1_000_000) < copies * 1_000_000)
            {
                var reach = (int)Math.Min(before, random.Below(2) == 0 ? Recent : Remembered - customers.Length);
                (customers[i], numbers[i]) = _sent[(before - 1 - random.Below(reach)) & (Remembered - 1)];
                repeated++;
            }
            else
            {
                _sent[_count++ & (Remembered - 1)] = (customers[i], numbers[i]);
            }
        }

        return repeated;
    }
}
