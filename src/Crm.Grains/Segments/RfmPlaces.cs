using Crm.Customers;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>Where somebody stands by what was bought.</summary>
/// <param name="Recency">Score from 1 to 5.</param>
/// <param name="Frequency">Score from 1 to 5.</param>
/// <param name="Monetary">Score from 1 to 5.</param>
/// <param name="Cluster">The cluster's id.</param>
/// <param name="RecencyUntilMs">When the score of recency is another by time alone.</param>
/// <param name="ClusterUntilMs">When the cluster is.</param>
internal sealed record RfmPlace(int Recency, int Frequency, int Monetary, string Cluster, long RecencyUntilMs, long ClusterUntilMs);

/// <summary>Says of anybody who bought where that one stands now, by what was last found of all.</summary>
internal sealed class RfmPlaces(RfmModel model)
{
    private const long DayMs = 86_400_000;

    private readonly RfmGrid _grid = new(model.Borders.RecencyDays, model.Borders.Frequency, model.Borders.Monetary);
    private readonly RfmMap _map = new(new Scaling(model.Scale.Mean, model.Scale.Deviation), [.. model.Clusters.Select(c => c.Centre.ToArray())]);

    /// <param name="lastOrderMs">When last.</param>
    /// <param name="orders">How often.</param>
    /// <param name="net">For how much, in the base currency.</param>
    /// <param name="nowMs">The moment.</param>
    public RfmPlace Of(long lastOrderMs, int orders, decimal net, long nowMs)
    {
        var bought = new Rfm("", (int)Math.Clamp((nowMs - lastOrderMs) / DayMs, 0, int.MaxValue), orders, net);
        return new RfmPlace(
            _grid.RecencyOf(bought.RecencyDays), _grid.FrequencyOf(orders), _grid.MonetaryOf(net), model.Clusters[_map.Of(bought)].Id,
            Day(_grid.RecencyFalls(bought.RecencyDays)), Day(_map.Leaves(bought)));

        long Day(int? days) => days is { } day ? lastOrderMs + (day * DayMs) : TimeEdge.Never;
    }
}

/// <summary>A score of what somebody bought, or the cluster, compared with a value. Who did not buy has none.</summary>
internal sealed class RfmTest(Field field, Comparison how, FilterValue value) : Condition
{
    public override Verdict Of(in Glance customer) => customer.Facts.Rfm is not { } place ? false : field.Name switch
    {
        SegmentFields.Cluster => new Verdict(Comparing.Text(place.Cluster, how, ((FilterValue.Text)value).Value, StringComparison.Ordinal), place.ClusterUntilMs),
        SegmentFields.Rfm + "recency" => new Verdict(Holds(place.Recency), place.RecencyUntilMs),
        SegmentFields.Rfm + "frequency" => Holds(place.Frequency),
        _ => Holds(place.Monetary),
    };

    private bool Holds(int score) => Comparing.Holds(((decimal)score).CompareTo(((FilterValue.Number)value).Value), how);
}

/// <summary>Somebody bought nothing, or too few did.</summary>
internal sealed class RfmIsEmpty : Condition
{
    public override Verdict Of(in Glance customer) => customer.Facts.Rfm is null;
}
