namespace Crm.Segments;

/// <summary>Finds old clusters again among new ones.</summary>
public static class StableLabels
{
    /// <summary>Most clusters of either kind.</summary>
    public const int Most = 12;

    /// <summary>
    /// For each new centre the number of the old one that it continues, -1 for none: as many as can be are paired, and of all ways to do so
    /// the one with the least sum of squared distances is taken (the assignment problem, here by dynamic programming over sets).
    /// </summary>
    /// <param name="old">Old centres, in the same units as the new ones.</param>
    /// <param name="now">New centres.</param>
    public static int[] Match(IReadOnlyList<double[]> old, IReadOnlyList<double[]> now)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(now);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(old.Count, Most);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(now.Count, Most);
        if (old.Count < now.Count)
        {
            var back = Match(now, old);
            return [.. now.Select((_, at) => Array.IndexOf(back, at))];
        }

        // Of each set of old ones that the first new ones may have taken: the least sum, and which one the last of them took.
        var sets = 1 << old.Count;
        var (sum, took) = (new double[sets], new int[sets]);
        Array.Fill(sum, double.PositiveInfinity, 1, sets - 1);
        for (var set = 1; set < sets; set++)
        {
            var size = int.PopCount(set);
            if (size > now.Count) continue;
            for (var one = 0; one < old.Count; one++)
            {
                if ((set & (1 << one)) == 0) continue;
                var with = sum[set ^ (1 << one)] + KMeans.Squared(old[one], now[size - 1]);
                if (with < sum[set]) (sum[set], took[set]) = (with, one);
            }
        }

        var best = Enumerable.Range(0, sets).Where(set => int.PopCount(set) == now.Count).MinBy(set => sum[set]);
        var matched = new int[now.Count];
        for (var at = now.Count - 1; at >= 0; at--)
        {
            matched[at] = took[best];
            best ^= 1 << matched[at];
        }

        return matched;
    }
}
