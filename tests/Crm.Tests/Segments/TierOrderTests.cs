using Crm.Company;
using Crm.Customers;
using Crm.Infrastructure;
using Crm.Proofs;
using Xunit;

namespace Crm.Segments;

/// <summary>High value, ordinary and potential, told by what a real shop's customers had bought, are in that order by what they spend afterwards.</summary>
public sealed class TierOrderTests
{
    [DataFact]
    public void Tiers_are_ordered_by_later_spend()
    {
        var lines = Purchases.ReadLines(Path.Combine(DataFactAttribute.Folder, "online_retail", "transactions.csv.gz"));
        var date = Array.IndexOf(lines[0].Cells, "InvoiceDate");
        var before = Purchases.Compute([lines[0], .. lines.Skip(1).Where(l => IsBefore(l.Cells[date]))]);
        var after = Purchases.Compute([lines[0], .. lines.Skip(1).Where(l => !IsBefore(l.Cells[date]))]);
        var later = before
            .GroupBy(c => ValueTier.Of(new TierRule(), c.Value.Orders, c.Value.Revenue - c.Value.Refunded, 0, new RatingView(0, null)))
            .ToDictionary(tier => tier.Key, tier => tier.Average(c => after.TryGetValue(c.Key, out var then) ? then.Revenue - then.Refunded : 0));
        Assert.Equal(3, later.Count);
        Assert.True(later[ValueTier.HighValue] > 2 * later[ValueTier.Ordinary], $"{later[ValueTier.HighValue]} against {later[ValueTier.Ordinary]}");
        Assert.True(later[ValueTier.Ordinary] > later[ValueTier.Potential], $"{later[ValueTier.Ordinary]} against {later[ValueTier.Potential]}");
    }

    private static bool IsBefore(string at) => string.CompareOrdinal(at, "2011-09") < 0;
}
