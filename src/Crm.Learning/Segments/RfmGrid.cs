namespace Crm.Segments;

/// <summary>
/// Scores from 1 to 5 for recency, frequency and money, each by fifths of all who bought (Hughes 1994, Strategic Database Marketing).
/// Equal customers have equal scores, so where many are alike some scores may be nobody's.
/// </summary>
/// <param name="RecencyDays">Up to how many days since the last order the scores 5, 4, 3 and 2 reach.</param>
/// <param name="Frequency">Above how many orders the scores 2, 3, 4 and 5 begin.</param>
/// <param name="Monetary">Above how much money they do.</param>
public sealed record RfmGrid(IReadOnlyList<int> RecencyDays, IReadOnlyList<int> Frequency, IReadOnlyList<decimal> Monetary)
{
    /// <summary>The best score.</summary>
    public const int Scores = 5;

    /// <summary>Borders by customers who bought; at least one.</summary>
    public static RfmGrid Of(IReadOnlyList<Rfm> customers) => new(
        Borders(customers, c => c.RecencyDays), Borders(customers, c => c.Frequency), Borders(customers, c => c.Monetary));

    /// <summary>5 for who bought most recently.</summary>
    public int RecencyOf(int days) => Scores - Below(RecencyDays, days);

    /// <summary>5 for who bought most often.</summary>
    public int FrequencyOf(int orders) => 1 + Below(Frequency, orders);

    /// <summary>5 for who spent most.</summary>
    public int MonetaryOf(decimal money) => 1 + Below(Monetary, money);

    /// <summary>The first later day on which the score of recency is less, if nothing is bought; null for none.</summary>
    public int? RecencyFalls(int days)
    {
        foreach (var border in RecencyDays)
            if (border >= days) return border + 1;
        return null;
    }

    private static int Below<T>(IReadOnlyList<T> borders, T value) where T : IComparable<T>
    {
        var below = 0;
        while (below < borders.Count && borders[below].CompareTo(value) < 0) below++;
        return below;
    }

    private static T[] Borders<T>(IReadOnlyList<Rfm> customers, Func<Rfm, T> what)
    {
        T[] sorted = [.. customers.Select(what).Order()];
        return [.. Enumerable.Range(1, Scores - 1).Select(fifth => sorted[((sorted.Length * fifth) + Scores - 1) / Scores - 1])];
    }
}
