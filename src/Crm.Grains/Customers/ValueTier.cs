using Crm.Company;

namespace Crm.Customers;

/// <summary>The value tier by the company's rule (see <see cref="TierRule"/>).</summary>
internal static class ValueTier
{
    public const string HighValue = "high-value";
    public const string Ordinary = "ordinary";
    public const string Potential = "potential";

    /// <param name="monetary">Net revenue in the base currency; null, which reaches no amount, when it is unknown.</param>
    /// <param name="ratings">Reviews and satisfaction ratings together.</param>
    public static string Of(TierRule rule, int orders, decimal? monetary, int visits, RatingView ratings)
    {
        if (orders >= rule.HighValueOrders || monetary >= rule.HighValueMonetary) return HighValue;
        var engaged = orders >= rule.EngagedOrders
            && visits >= rule.EngagedVisits
            && ratings.Count >= rule.EngagedReviews
            && ratings.Mean >= rule.EngagedRating;
        if (engaged) return HighValue;
        return orders > 0 ? Ordinary : Potential;
    }
}
