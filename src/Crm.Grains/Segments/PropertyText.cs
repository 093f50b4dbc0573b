using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>How texts compare: without regard to case, as lists do.</summary>
internal static class PropertyText
{
    public static bool Matches(string has, Comparison how, string asked) => how switch
    {
        Comparison.Contains => has.Contains(asked, StringComparison.OrdinalIgnoreCase),
        Comparison.Begins => has.StartsWith(asked, StringComparison.OrdinalIgnoreCase),
        _ => EventMatch.Compares(string.Compare(has, asked, StringComparison.OrdinalIgnoreCase), how),
    };
}
