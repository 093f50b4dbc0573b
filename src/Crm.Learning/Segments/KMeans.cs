namespace Crm.Segments;

/// <summary>Clusters that k-means found.</summary>
/// <param name="Centres">Their centres.</param>
/// <param name="Labels">Of each point the number of its cluster.</param>
/// <param name="Inertia">Sum of the squared distances of all points to their centres.</param>
public sealed record Clustering(IReadOnlyList<double[]> Centres, IReadOnlyList<int> Labels, double Inertia);

/// <summary>
/// k-means: Lloyd's algorithm (Lloyd 1982, IEEE Trans. Inf. Theory 28:129) from several starts of k-means++ (Arthur and Vassilvitskii 2007,
/// SODA), of which the best is kept. The same points, k and seed give the same clusters.
/// </summary>
public static class KMeans
{
    private const int MaxRounds = 300;

    /// <summary>Finds <paramref name="k"/> clusters.</summary>
    /// <param name="points">Points of equal length, already scaled.</param>
    /// <param name="k">How many clusters; at most as many as there are different points.</param>
    /// <param name="starts">How often it begins anew.</param>
    /// <param name="seed">Decides what is drawn.</param>
    /// <exception cref="ArgumentException">There are fewer different points than clusters.</exception>
    public static Clustering Fit(IReadOnlyList<double[]> points, int k, int starts = 20, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (points.Distinct(new SamePoint()).Take(k).Count() < k) throw new ArgumentException($"There are fewer than {k} different points.", nameof(k));
        var random = new Random(seed);
        Clustering? best = null;
        for (var start = 0; start < starts; start++)
        {
            var found = Lloyd(points, Begin(points, k, random));
            if (best is null || found.Inertia < best.Inertia) best = found;
        }

        return best!;
    }

    /// <summary>The cluster whose centre is nearest.</summary>
    public static int Nearest(IReadOnlyList<double[]> centres, double[] point)
    {
        ArgumentNullException.ThrowIfNull(centres);
        var (nearest, least) = (0, double.PositiveInfinity);
        for (var centre = 0; centre < centres.Count; centre++)
        {
            var distance = Squared(centres[centre], point);
            if (distance < least) (nearest, least) = (centre, distance);
        }

        return nearest;
    }

    internal static double Squared(double[] one, double[] other)
    {
        var sum = 0.0;
        for (var column = 0; column < one.Length; column++) sum += (one[column] - other[column]) * (one[column] - other[column]);
        return sum;
    }

    // Each next centre is drawn by how far a point is from those that there are.
    private static double[][] Begin(IReadOnlyList<double[]> points, int k, Random random)
    {
        var centres = new List<double[]> { points[random.Next(points.Count)] };
        var distance = points.Select(p => Squared(p, centres[0])).ToArray();
        while (centres.Count < k)
        {
            var place = random.NextDouble() * distance.Sum();
            var chosen = -1;
            for (var at = 0; at < distance.Length && (chosen < 0 || place > 0); at++)
            {
                if (distance[at] <= 0) continue;
                (chosen, place) = (at, place - distance[at]);
            }

            centres.Add(points[chosen]);
            for (var at = 0; at < distance.Length; at++) distance[at] = Math.Min(distance[at], Squared(points[at], points[chosen]));
        }

        return [.. centres.Select(c => (double[])c.Clone())];
    }

    private static Clustering Lloyd(IReadOnlyList<double[]> points, double[][] centres)
    {
        var labels = new int[points.Count];
        Array.Fill(labels, -1);
        for (var round = 0; round < MaxRounds; round++)
        {
            var moved = false;
            for (var at = 0; at < labels.Length; at++)
            {
                var nearest = Nearest(centres, points[at]);
                moved |= nearest != labels[at];
                labels[at] = nearest;
            }

            if (!moved) break;
            Centre(points, labels, centres);
        }

        return new Clustering(centres, labels, points.Select((p, at) => Squared(p, centres[labels[at]])).Sum());
    }

    private static void Centre(IReadOnlyList<double[]> points, int[] labels, double[][] centres)
    {
        var counts = new int[centres.Length];
        foreach (var label in labels) counts[label]++;
        for (var centre = 0; centre < centres.Length; centre++)
        {
            // One that lost all its points begins anew at the point that is farthest from its own centre.
            if (counts[centre] == 0)
            {
                var farthest = Enumerable.Range(0, points.Count).MaxBy(at => Squared(points[at], centres[labels[at]]));
                centres[centre] = (double[])points[farthest].Clone();
                continue;
            }

            Array.Clear(centres[centre]);
        }

        for (var at = 0; at < labels.Length; at++)
            for (var column = 0; column < points[at].Length; column++) centres[labels[at]][column] += points[at][column] / counts[labels[at]];
    }

    private sealed class SamePoint : IEqualityComparer<double[]>
    {
        public bool Equals(double[]? one, double[]? other) => one.AsSpan().SequenceEqual(other);

        public int GetHashCode(double[] point)
        {
            var hash = new HashCode();
            foreach (var value in point) hash.Add(value);
            return hash.ToHashCode();
        }
    }
}
