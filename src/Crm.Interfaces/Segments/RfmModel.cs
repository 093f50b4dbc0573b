namespace Crm.Segments;

/// <summary>
/// What was found of all who bought: the borders of the scores of recency, frequency and money, and clusters of customers who are alike
/// in them. Recency is in whole days since the last order, frequency in orders, money net in the base currency.
/// </summary>
/// <param name="FittedAt">When it was found.</param>
/// <param name="Currency">The base currency then.</param>
/// <param name="Buyers">How many had bought.</param>
/// <param name="Looked">How many of them it was found of, drawn by lot.</param>
/// <param name="Borders">Of the scores.</param>
/// <param name="Scale">Of what was clustered.</param>
/// <param name="Clusters">Whoever spends most first.</param>
/// <param name="Quality">How well they are told apart.</param>
[GenerateSerializer, Immutable, Alias("crm.rfm-model")]
public sealed record RfmModel(
    [property: Id(0)] DateTimeOffset FittedAt, [property: Id(1)] string Currency, [property: Id(2)] long Buyers, [property: Id(3)] int Looked,
    [property: Id(4)] RfmBorders Borders, [property: Id(5)] RfmScale Scale, [property: Id(6)] IReadOnlyList<RfmClusterModel> Clusters, [property: Id(7)] RfmQuality Quality)
{
    /// <summary>Fewest clusters that are looked for.</summary>
    public const int FewestClusters = 2;

    /// <summary>Most of them.</summary>
    public const int MostClusters = 10;

    /// <summary>How many of <see cref="Looked"/> have each pair of scores: of recency from 1 to 5, and in each of frequency from 1 to 5.</summary>
    [Id(8)] public IReadOnlyList<int> Cells { get; init; } = [];

    /// <summary>Some of them, to be drawn.</summary>
    [Id(9)] public IReadOnlyList<RfmDot> Dots { get; init; } = [];
}

/// <summary>Borders between the scores 1 to 5, four each, from less to more.</summary>
/// <param name="RecencyDays">Up to how many days the scores 5, 4, 3 and 2 reach.</param>
/// <param name="Frequency">Above how many orders the scores 2, 3, 4 and 5 begin.</param>
/// <param name="Monetary">Above how much money they do.</param>
[GenerateSerializer, Immutable, Alias("crm.rfm-borders")]
public sealed record RfmBorders([property: Id(0)] IReadOnlyList<int> RecencyDays, [property: Id(1)] IReadOnlyList<int> Frequency, [property: Id(2)] IReadOnlyList<decimal> Monetary);

/// <summary>Mean and standard deviation of the logarithms of recency, frequency and money.</summary>
[GenerateSerializer, Immutable, Alias("crm.rfm-scale")]
public sealed record RfmScale([property: Id(0)] IReadOnlyList<double> Mean, [property: Id(1)] IReadOnlyList<double> Deviation);

/// <summary>A cluster.</summary>
/// <param name="Id">Stays when the clusters are found anew: of the new ones it is the one that continues this.</param>
/// <param name="Name">What its customers are like: <c>best</c>, <c>leaving</c>, <c>new</c> or <c>lapsed</c>, with a number where several are.</param>
/// <param name="Centre">In scaled logarithms.</param>
/// <param name="Customers">How many of those who were looked at.</param>
/// <param name="RecencyDays">Median.</param>
/// <param name="Frequency">Median.</param>
/// <param name="Monetary">Median.</param>
[GenerateSerializer, Immutable, Alias("crm.rfm-cluster")]
public sealed record RfmClusterModel(
    [property: Id(0)] string Id, [property: Id(1)] string Name, [property: Id(2)] IReadOnlyList<double> Centre, [property: Id(3)] int Customers,
    [property: Id(4)] decimal RecencyDays, [property: Id(5)] decimal Frequency, [property: Id(6)] decimal Monetary);

/// <summary>How well clusters are told apart.</summary>
/// <param name="Inertia">Sum of the squared distances to the centres.</param>
/// <param name="Silhouette">From -1 to 1; null where it cannot be said.</param>
[GenerateSerializer, Immutable, Alias("crm.rfm-quality")]
public sealed record RfmQuality([property: Id(0)] double Inertia, [property: Id(1)] double? Silhouette);

/// <summary>One of those who were looked at, without a name.</summary>
/// <param name="Cluster">The id of the cluster.</param>
[GenerateSerializer, Immutable, Alias("crm.rfm-dot")]
public sealed record RfmDot([property: Id(0)] int RecencyDays, [property: Id(1)] int Frequency, [property: Id(2)] decimal Monetary, [property: Id(3)] string Cluster);

/// <summary>What came of looking for them.</summary>
/// <param name="Model">What is known now; null for nothing.</param>
/// <param name="Wrong">Why nothing was found anew; null where it was, or need not be.</param>
[GenerateSerializer, Immutable, Alias("crm.rfm-answer")]
public sealed record RfmAnswer([property: Id(0)] RfmModel? Model, [property: Id(1)] string? Wrong);

/// <summary>How clusters are to be found, and what was found last.</summary>
/// <param name="Wanted">How many clusters there are to be.</param>
/// <param name="Next">The number of the next cluster that is new.</param>
/// <param name="Model">What was found; null while too few bought.</param>
public sealed record RfmState(int Wanted, int Next, RfmModel? Model);

/// <summary>Who bought, drawn by lot where there are many.</summary>
/// <param name="Buyers">How many there are, about.</param>
/// <param name="Drawn">Some of them.</param>
public sealed record BuyerSample(long Buyers, IReadOnlyList<Buyer> Drawn);

/// <summary>Somebody who bought.</summary>
/// <param name="LastOrder">When last.</param>
/// <param name="Orders">How often.</param>
/// <param name="Net">For how much, less refunds, in the base currency.</param>
public readonly record struct Buyer(DateTimeOffset LastOrder, int Orders, decimal Net);
