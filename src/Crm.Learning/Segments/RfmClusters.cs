namespace Crm.Segments;

/// <summary>A cluster of customers by what they bought.</summary>
/// <param name="Label">From 0 on, whoever spends most first.</param>
/// <param name="Name">What its customers are like, beside all others: <c>best</c>, <c>leaving</c>, <c>new</c> or <c>lapsed</c>, with a number where several are.</param>
/// <param name="Members">Who is in it.</param>
/// <param name="Centre">In scaled logarithms of recency, frequency and money.</param>
public sealed record RfmCluster(int Label, string Name, IReadOnlyList<Rfm> Members, double[] Centre);

/// <summary>Customers clustered by recency, frequency and money.</summary>
public sealed class RfmClusters
{
    private readonly double[][] _points;
    private readonly Clustering _found;

    private RfmClusters(IReadOnlyList<RfmCluster> clusters, Scaling scaling, double[][] points, Clustering found) =>
        (Clusters, Scaling, _points, _found) = (clusters, scaling, points, found);

    /// <summary>The clusters, whoever spends most first.</summary>
    public IReadOnlyList<RfmCluster> Clusters { get; }

    /// <summary>Of the logarithms.</summary>
    public Scaling Scaling { get; }

    /// <inheritdoc cref="Clustering.Inertia"/>
    public double Inertia => _found.Inertia;

    /// <inheritdoc cref="ClusterQuality.DaviesBouldin"/>
    public double DaviesBouldin => ClusterQuality.DaviesBouldin(_points, _found);

    /// <summary>Finds clusters: logarithms, scaled, k-means.</summary>
    /// <exception cref="ArgumentException">There are fewer different customers than clusters.</exception>
    public static RfmClusters Of(IReadOnlyList<Rfm> customers, int k, int starts = 20, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(customers);
        if (customers.Count < k) throw new ArgumentException($"There are fewer than {k} different points.", nameof(k));
        var points = customers.Select(c => c.Point()).ToArray();
        var scaling = Scaling.Of(points);
        double[][] scaled = [.. points.Select(scaling.Apply)];
        var found = KMeans.Fit(scaled, k, starts, seed);
        var groups = Enumerable.Range(0, k).Select(label => (Centre: found.Centres[label], Members: customers.Where((_, at) => found.Labels[at] == label).ToArray()))
            .OrderByDescending(g => Median(g.Members.Select(m => m.Monetary))).ThenBy(g => Median(g.Members.Select(m => (decimal)m.RecencyDays))).ToArray();
        return new RfmClusters(
            [.. groups.Select((g, label) => new RfmCluster(label, Name([.. groups.Select(o => o.Centre)], label), g.Members, g.Centre))], scaling, scaled, found);
    }

    /// <inheritdoc cref="ClusterQuality.Silhouette"/>
    public double Silhouette(int maxPoints = ClusterQuality.MaxPoints, int seed = 1) => ClusterQuality.Silhouette(_points, _found, maxPoints, seed);

    /// <summary>The middle one; of an even number the mean of the two. 0 for none.</summary>
    public static decimal Median(IEnumerable<decimal> values)
    {
        decimal[] sorted = [.. values.Order()];
        if (sorted.Length == 0) return 0;
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    // By the side of the mean on which it stands: 0, since all is scaled.
    private static string Name(IReadOnlyList<double[]> centres, int label)
    {
        var name = Kind(centres[label]);
        var alike = centres.Select((c, at) => (Kind: Kind(c), At: at)).Where(c => c.Kind == name).Select(c => c.At).ToArray();
        return alike.Length == 1 ? name : $"{name}-{Array.IndexOf(alike, label) + 1}";
    }

    private static string Kind(double[] centre) => (IsRecent: centre[0] < 0, BuysMuch: centre[1] + centre[2] > 0) switch
    {
        (true, true) => "best",
        (false, true) => "leaving",
        (true, false) => "new",
        _ => "lapsed",
    };
}
