namespace Crm.Bench;

/// <summary>
/// Draws ranks 0 to count - 1 with probability proportional to 1 / (rank + 1)^s, in constant time (Walker's alias method,
/// as built by Vose 1991). Immutable: shared by all threads.
/// </summary>
internal sealed class ZipfSampler
{
    private readonly uint[] _threshold;
    private readonly int[] _alias;

    public ZipfSampler(int count, double s)
    {
        _threshold = new uint[count];
        _alias = new int[count];
        var weights = new double[count];
        var sum = 0.0;
        for (var i = 0; i < count; i++) sum += weights[i] = Math.Pow(i + 1, -s);
        Build(weights, count / sum);
        HottestShare = Math.Pow(1, -s) / sum;
    }

    /// <summary>Share of the most frequent rank.</summary>
    public double HottestShare { get; }

    /// <summary>One rank.</summary>
    public int Draw(ref SplitMix random)
    {
        var bits = random.Next();
        var slot = (int)((bits >> 32) * (ulong)_alias.Length >> 32);
        return (uint)bits <= _threshold[slot] ? slot : _alias[slot];
    }

    private void Build(double[] weights, double scale)
    {
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] *= scale;
            (weights[i] < 1 ? small : large).Push(i);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            var less = small.Pop();
            var more = large.Pop();
            _threshold[less] = (uint)(weights[less] * uint.MaxValue);
            _alias[less] = more;
            weights[more] -= 1 - weights[less];
            (weights[more] < 1 ? small : large).Push(more);
        }

        foreach (var left in small.Concat(large))
        {
            _threshold[left] = uint.MaxValue;
            _alias[left] = left;
        }
    }
}
