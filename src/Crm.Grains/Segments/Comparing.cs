using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>How values compare, and add up.</summary>
internal static class Comparing
{
    private const decimal MostSum = 1e24m;

    /// <summary>Whether a comparison's outcome is what is asked.</summary>
    public static bool Holds(int order, Comparison how) => how switch
    {
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.More => order > 0,
        Comparison.MoreOrEqual => order >= 0,
        _ => order == 0,
    };

    /// <summary>Whether a text is as it is asked: with regard to case or without.</summary>
    public static bool Text(string has, Comparison how, string asked, StringComparison by) => how switch
    {
        Comparison.Contains => has.Contains(asked, by),
        Comparison.Begins => has.StartsWith(asked, by),
        _ => Holds(string.Compare(has, asked, by), how),
    };

    /// <summary>A sum that no sender makes too large to go on with.</summary>
    public static decimal Added(decimal one, decimal other) =>
        Math.Clamp(Math.Clamp(one, -MostSum, MostSum) + Math.Clamp(other, -MostSum, MostSum), -MostSum, MostSum);
}
