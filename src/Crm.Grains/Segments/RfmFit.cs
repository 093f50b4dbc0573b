namespace Crm.Segments;

/// <summary>Finds scores and clusters of those who bought, and old clusters again among the new ones. Pure.</summary>
internal static class RfmFit
{
    /// <summary>Silhouettes compare each with each.</summary>
    private const int MostCompared = 2_000;
    private const int MostDots = 400;
    private const int Starts = 10;
    private const double DayMs = 86_400_000;

    /// <summary>What was found; without a model where buyers are too much alike for so many clusters.</summary>
    public static RfmState Of(BuyerSample sample, int wanted, RfmState before, DateTimeOffset now, string currency)
    {
        Rfm[] customers = [.. sample.Drawn.Select(b => new Rfm("", (int)Math.Max(0, (now - b.LastOrder).TotalMilliseconds / DayMs), b.Orders, b.Net))];
        RfmClusters found;
        try
        {
            found = RfmClusters.Of(customers, wanted, Starts);
        }
        catch (ArgumentException)
        {
            return before with { Model = null };
        }

        var (ids, next) = Ids(found, before);
        var grid = RfmGrid.Of(customers);
        var silhouette = found.Silhouette(MostCompared);
        return new RfmState(wanted, next, new RfmModel(
            now, currency, sample.Buyers, customers.Length, new RfmBorders(grid.RecencyDays, grid.Frequency, grid.Monetary),
            new RfmScale(found.Scaling.Mean, found.Scaling.Deviation), [.. found.Clusters.Select((c, at) => Cluster(c, ids[at]))],
            new RfmQuality(found.Inertia, double.IsNaN(silhouette) ? null : silhouette))
        {
            Cells = Cells(customers, grid),
            Dots = [.. found.Clusters.SelectMany((c, at) => c.Members.Take(Math.Max(1, MostDots * c.Members.Count / customers.Length)).Select(m => new RfmDot(m.RecencyDays, m.Frequency, m.Monetary, ids[at])))],
        });
    }

    // Centres are compared in logarithms: what they are scaled by changes, too.
    private static (string[] Ids, int Next) Ids(RfmClusters found, RfmState before)
    {
        var next = before.Next;
        RfmClusterModel[] old = before.Model is null ? [] : [.. before.Model.Clusters];
        var scaling = before.Model is { } model ? new Scaling(model.Scale.Mean, model.Scale.Deviation) : found.Scaling;
        var matched = StableLabels.Match(
            [.. old.Select(c => found.Scaling.Apply(scaling.Undo(c.Centre)))], [.. found.Clusters.Select(c => c.Centre)]);
        return ([.. matched.Select(at => at < 0 ? $"c{next++}" : old[at].Id)], next);
    }

    private static RfmClusterModel Cluster(RfmCluster cluster, string id) => new(
        id, cluster.Name, cluster.Centre, cluster.Members.Count, RfmClusters.Median(cluster.Members.Select(m => (decimal)m.RecencyDays)),
        RfmClusters.Median(cluster.Members.Select(m => (decimal)m.Frequency)), RfmClusters.Median(cluster.Members.Select(m => m.Monetary)));

    private static int[] Cells(IEnumerable<Rfm> customers, RfmGrid grid)
    {
        var cells = new int[RfmGrid.Scores * RfmGrid.Scores];
        foreach (var customer in customers)
            cells[((grid.RecencyOf(customer.RecencyDays) - 1) * RfmGrid.Scores) + grid.FrequencyOf(customer.Frequency) - 1]++;
        return cells;
    }
}
