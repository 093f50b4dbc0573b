using System.Globalization;
using Xunit;

namespace Crm.Segments;

/// <summary>Scores, clusters and their labels, each against the plainest way to find the same.</summary>
public sealed class RfmTests
{
    [Fact]
    public void Scores_go_by_fifths_and_equal_customers_have_equal_ones()
    {
        var grid = RfmGrid.Of([.. Enumerable.Range(1, 10).Select(at => new Rfm("c", at * 10, at <= 6 ? 1 : at, at * 100))]);
        Assert.Equal([20, 40, 60, 80], grid.RecencyDays);
        Assert.Equal([5, 5, 4, 4, 3, 3, 2, 2, 1, 1], Enumerable.Range(1, 10).Select(at => grid.RecencyOf(at * 10)));
        Assert.Equal([1, 1, 1, 1, 1, 1, 4, 4, 5, 5], Enumerable.Range(1, 10).Select(at => grid.FrequencyOf(at <= 6 ? 1 : at)));
        Assert.Equal([1, 1, 2, 2, 3, 3, 4, 4, 5, 5], Enumerable.Range(1, 10).Select(at => grid.MonetaryOf(at * 100)));
        for (var days = 0; days < 100; days++)
        {
            int? falls = null;
            for (var later = days + 1; later < 200 && falls is null; later++)
                if (grid.RecencyOf(later) != grid.RecencyOf(days)) falls = later;
            Assert.Equal(falls, grid.RecencyFalls(days));
        }
    }

    [Fact]
    public void The_day_on_which_somebody_leaves_a_cluster_is_the_first_on_which_it_is_another()
    {
        var dice = new Random(7);
        for (var round = 0; round < 60; round++)
        {
            Rfm[] customers = [.. Enumerable.Range(0, 80).Select(_ => new Rfm("c", dice.Next(400), 1 + dice.Next(20), dice.Next(-50, 5_000)))];
            var found = RfmClusters.Of(customers, 2 + dice.Next(6), starts: 2, seed: round + 1);
            var map = new RfmMap(found.Scaling, [.. found.Clusters.Select(c => c.Centre)]);
            foreach (var customer in customers.Take(20))
            {
                Assert.Contains(customer, found.Clusters[map.Of(customer)].Members);
                int? leaves = null;
                for (var day = customer.RecencyDays + 1; day < 3_000 && leaves is null; day++)
                    if (map.Of(customer with { RecencyDays = day }) != map.Of(customer)) leaves = day;
                var told = map.Leaves(customer);
                Assert.True(told == leaves || (leaves is null && told >= 3_000), string.Create(CultureInfo.InvariantCulture, $"{customer}: {told}, not {leaves}"));
            }
        }
    }

    [Fact]
    public void Old_clusters_are_found_again_as_cheaply_as_any_way_can()
    {
        var dice = new Random(3);
        for (var round = 0; round < 300; round++)
        {
            double[][] old = Points(dice.Next(6)), now = Points(1 + dice.Next(5));
            var matched = StableLabels.Match(old, now);
            Assert.Equal(Math.Min(old.Length, now.Length), matched.Count(m => m >= 0));
            Assert.Equal(matched.Where(m => m >= 0).Distinct().Count(), matched.Count(m => m >= 0));
            Assert.Equal(Least(old, now, 0, []), matched.Select((m, at) => m < 0 ? 0 : Squared(old[m], now[at])).Sum(), 9);
        }

        double[][] Points(int count) => [.. Enumerable.Range(0, count).Select(_ => new[] { dice.NextDouble(), dice.NextDouble(), dice.NextDouble() })];
    }

    private static double Squared(double[] one, double[] other) => one.Zip(other, (a, b) => (a - b) * (a - b)).Sum();

    // All ways, one by one.
    private static double Least(double[][] old, double[][] now, int at, HashSet<int> taken)
    {
        if (at == now.Length) return taken.Count == Math.Min(old.Length, now.Length) ? 0 : double.PositiveInfinity;
        var best = Least(old, now, at + 1, taken);
        for (var one = 0; one < old.Length; one++)
        {
            if (!taken.Add(one)) continue;
            best = Math.Min(best, Squared(old[one], now[at]) + Least(old, now, at + 1, taken));
            taken.Remove(one);
        }

        return best;
    }
}
