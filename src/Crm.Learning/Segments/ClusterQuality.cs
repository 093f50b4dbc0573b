namespace Crm.Segments;

/// <summary>How well clusters are told apart.</summary>
public static class ClusterQuality
{
    /// <summary>Points whose silhouette is computed exactly; of more, so many are drawn: it compares each with each.</summary>
    public const int MaxPoints = 20_000;

    /// <summary>
    /// The mean silhouette (Rousseeuw 1987, J. Comput. Appl. Math. 20:53), from -1 to 1; a point alone in its cluster has 0. NaN for a
    /// single cluster. Of more than <paramref name="maxPoints"/> points, that of so many drawn by the seed.
    /// </summary>
    public static double Silhouette(IReadOnlyList<double[]> points, Clustering clusters, int maxPoints = MaxPoints, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(clusters);
        var k = clusters.Centres.Count;
        if (k < 2) return double.NaN;
        var chosen = Enumerable.Range(0, points.Count).ToArray();
        if (chosen.Length > maxPoints)
        {
            new Random(seed).Shuffle(chosen);
            chosen = chosen[..maxPoints];
        }

        var sizes = new int[k];
        foreach (var at in chosen) sizes[clusters.Labels[at]]++;
        var sum = chosen.AsParallel().Sum(at => Of(points, clusters, chosen, sizes, at));
        return sum / chosen.Length;
    }

    /// <summary>The Davies-Bouldin index (1979, IEEE Trans. PAMI 1:224): the less, the better apart. NaN for a single cluster.</summary>
    public static double DaviesBouldin(IReadOnlyList<double[]> points, Clustering clusters)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(clusters);
        var (centres, k) = (clusters.Centres, clusters.Centres.Count);
        if (k < 2) return double.NaN;
        var (spread, counts) = (new double[k], new int[k]);
        for (var at = 0; at < points.Count; at++)
        {
            var label = clusters.Labels[at];
            spread[label] += Math.Sqrt(KMeans.Squared(points[at], centres[label]));
            counts[label]++;
        }

        for (var at = 0; at < k; at++) spread[at] /= Math.Max(1, counts[at]);
        return Enumerable.Range(0, k).Average(one => Enumerable.Range(0, k).Where(other => other != one)
            .Max(other => (spread[one] + spread[other]) / Math.Sqrt(KMeans.Squared(centres[one], centres[other]))));
    }

    private static double Of(IReadOnlyList<double[]> points, Clustering clusters, int[] chosen, int[] sizes, int at)
    {
        var own = clusters.Labels[at];
        if (sizes[own] == 1) return 0;
        var sums = new double[sizes.Length];
        foreach (var other in chosen) sums[clusters.Labels[other]] += Math.Sqrt(KMeans.Squared(points[at], points[other]));
        var inside = sums[own] / (sizes[own] - 1);
        var outside = double.PositiveInfinity;
        for (var cluster = 0; cluster < sizes.Length; cluster++)
            if (cluster != own && sizes[cluster] > 0) outside = Math.Min(outside, sums[cluster] / sizes[cluster]);
        return (outside - inside) / Math.Max(inside, outside);
    }
}
