using Crm.Customers;

namespace Crm.Clickstream;

/// <summary>Which ids can name a person.</summary>
internal static class Identity
{
    /// <summary>
    /// False for what broken clients send in place of an id, by which strangers would become one person: empty, <c>null</c>,
    /// <c>undefined</c>, <c>anonymous</c>, <c>-1</c>, only zeros and dashes; and for what is too long to be an id.
    /// </summary>
    public static bool IsUsable(string? id)
    {
        if (id is null || id.Length > CustomerId.MaxLength) return false;
        var trimmed = id.AsSpan().Trim();
        if (trimmed.IndexOfAnyExcept('0', '-') < 0) return false;
        return trimmed.Length switch
        {
            2 => trimmed is not "-1",
            4 => !trimmed.Equals("null", StringComparison.OrdinalIgnoreCase),
            9 => !trimmed.Equals("undefined", StringComparison.OrdinalIgnoreCase)
                && !trimmed.Equals("anonymous", StringComparison.OrdinalIgnoreCase),
            _ => true,
        };
    }
}
