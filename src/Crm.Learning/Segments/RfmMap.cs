namespace Crm.Segments;

/// <summary>Clusters as they were found, ready to say of anybody in which one it is now.</summary>
/// <param name="scaling">Of the points that were clustered.</param>
/// <param name="centres">Scaled.</param>
public sealed class RfmMap(Scaling scaling, IReadOnlyList<double[]> centres)
{
    /// <summary>The cluster whose centre is nearest.</summary>
    public int Of(Rfm customer)
    {
        ArgumentNullException.ThrowIfNull(customer);
        return KMeans.Nearest(centres, scaling.Apply(customer.Point()));
    }

    /// <summary>
    /// The first later day since the last order on which another centre is nearer, if nothing is bought; null for none. Between two
    /// centres the difference of the squared distances is linear in the scaled logarithm of recency, so it changes its sign once.
    /// </summary>
    public int? Leaves(Rfm customer)
    {
        ArgumentNullException.ThrowIfNull(customer);
        var point = scaling.Apply(customer.Point());
        var own = KMeans.Nearest(centres, point);
        int? first = null;
        for (var other = 0; other < centres.Count; other++)
        {
            var slope = 2 * (centres[other][0] - centres[own][0]);
            if (other == own || slope <= 0 || scaling.Deviation[0] <= 0) continue;
            var lead = KMeans.Squared(point, centres[other]) - KMeans.Squared(point, centres[own]);
            var crossing = Math.Exp(((point[0] + (lead / slope)) * scaling.Deviation[0]) + scaling.Mean[0]) - 1;
            if (crossing >= Never) continue;

            // Rounded either way: the day itself decides.
            var day = Math.Max(customer.RecencyDays + 1, (int)crossing);
            while (IsNearest(own, customer, day)) day++;
            first = Math.Min(first ?? day, day);
        }

        return first;
    }

    /// <summary>Days after which nobody is looked at again for the mere passing of time: a century.</summary>
    private const int Never = 36_525;

    private bool IsNearest(int own, Rfm customer, int day) => day < Never && KMeans.Nearest(centres, scaling.Apply((customer with { RecencyDays = day }).Point())) == own;
}
