using System.Text.Json.Nodes;
using Crm.CommandLine;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Segments;

/// <summary>Clusters of customers: on points whose clusters are known, and on a real shop's sales with published ones.</summary>
public sealed class RfmClusterTests
{
    [Fact]
    public void Three_heaps_are_found_as_they_are()
    {
        var random = new Random(7);
        double[][] centres = [[0, 0], [10, 0], [0, 10]];
        double[][] points = [.. Enumerable.Range(0, 300).Select(at => centres[at % 3].Select(c => c + random.NextDouble() - 0.5).ToArray())];
        var found = KMeans.Fit(points, 3);
        foreach (var heap in Enumerable.Range(0, 3)) Assert.Single(Enumerable.Range(0, 300).Where(at => at % 3 == heap).Select(at => found.Labels[at]).Distinct());
        Assert.Equal(3, found.Labels.Distinct().Count());
        Assert.InRange(ClusterQuality.Silhouette(points, found), 0.9, 1);
        Assert.InRange(found.Inertia, 40, 60);
    }

    // By hand: of {0}, {1}, {4} and {5} in two clusters the first has a = 1, b = 4.5.
    [Fact]
    public void A_silhouette_is_what_it_is_by_hand()
    {
        double[][] points = [[0], [1], [4], [5]];
        var found = KMeans.Fit(points, 2);
        Assert.Equal(1.0, found.Inertia, 9);
        Assert.Equal(((3.5 / 4.5) + (2.5 / 3.5)) / 2, ClusterQuality.Silhouette(points, found), 9);
        Assert.Equal(0.25, ClusterQuality.DaviesBouldin(points, found), 9);
    }

    [Fact]
    public void The_same_seed_finds_the_same_and_too_few_points_are_refused()
    {
        var random = new Random(3);
        double[][] points = [.. Enumerable.Range(0, 200).Select(_ => new[] { random.NextDouble(), random.NextDouble() })];
        Assert.Equal(KMeans.Fit(points, 4).Labels, KMeans.Fit(points, 4).Labels);
        Assert.Throws<ArgumentException>(() => KMeans.Fit([[1.0], [1.0], [2.0]], 3));
    }

    [Fact]
    public void A_column_that_says_nothing_does_no_harm()
    {
        var clusters = RfmClusters.Of([.. Enumerable.Range(0, 20).Select(at => new Rfm("c" + at, at < 10 ? 3 : 300, 1, at < 10 ? 500 : 20))], 2);
        Assert.Equal([10, 10], clusters.Clusters.Select(c => c.Members.Count));
        Assert.Equal(["best", "lapsed"], clusters.Clusters.Select(c => c.Name));
    }

    [DataTheory]
    [InlineData(2, 4519.8, 0.435)]
    [InlineData(3, 3421.5, 0.328)]
    [InlineData(4, 2760.6, 0.337)]
    public async Task A_real_shops_customers_are_clustered_as_published(int k, double inertia, double silhouette)
    {
        var answer = await Evaluate(
            "--transactions", Path.Combine(DataFactAttribute.Folder, "online_retail", "transactions.csv.gz"), "--map", "customer=CustomerID,date=InvoiceDate,amount=Quantity*UnitPrice,order=InvoiceNo",
            "--where", "Quantity > 0 and UnitPrice > 0 and InvoiceNo not like 'C%'", "--k", k.ToString(System.Globalization.CultureInfo.InvariantCulture), "--as-of", "2011-12-10");
        Assert.Equal(3_031, (int)answer["customers"]!);
        Assert.InRange((double)answer["inertia"]!, inertia * 0.99, inertia * 1.01);
        Assert.InRange((double)answer["silhouette"]!, silhouette - 0.01, silhouette + 0.01);
        Assert.Equal(3_031, answer["clusters"]!.AsArray().Sum(c => c!["members"]!.AsArray().Count));
    }

    private static async Task<JsonObject> Evaluate(params string[] arguments)
    {
        using var output = new StringWriter();
        using var notes = new StringWriter();
        var code = await CommandRunner.Run(["evaluate", "segments", .. arguments, "--json"], output, notes, CancellationToken.None);
        Assert.True(code == 0, notes.ToString());
        return (JsonObject)JsonNode.Parse(output.ToString())!;
    }
}
