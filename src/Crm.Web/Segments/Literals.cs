using System.Globalization;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>
/// Values of what has no declared type, such as properties of events: what looks like a number is one, and a text that looks like one stands in quotes.
/// </summary>
internal static class Literals
{
    /// <summary>As it is typed.</summary>
    public static string Show(FilterValue? value, string sign) => value switch
    {
        FilterValue.Number number => number.Value.ToString(CultureInfo.InvariantCulture),
        FilterValue.Flag flag => flag.Value ? "true" : "false",
        FilterValue.Text text when Read(text.Value, sign) == text => text.Value,
        FilterValue.Text text => $"\"{text.Value}\"",
        _ => "",
    };

    /// <summary>What was typed; null when it does not go with the sign.</summary>
    public static FilterValue? Read(string typed, string sign)
    {
        if (typed.Length == 0) return null;
        if (sign is "~" or "^=") return new FilterValue.Text(typed);
        FilterValue? number = Number(typed) is { } read ? new FilterValue.Number(read) : null;
        if (sign is "<" or "<=" or ">" or ">=") return number;
        if (typed is ['"', .. var inside, '"']) return new FilterValue.Text(inside);
        return number ?? (bool.TryParse(typed, out var flag) ? new FilterValue.Flag(flag) : new FilterValue.Text(typed));
    }

    /// <summary>The same under another sign.</summary>
    public static FilterValue? Fit(FilterValue? value, string sign) => value switch
    {
        FilterValue.Text text when sign is not ("~" or "^=" or "<" or "<=" or ">" or ">=") => text,
        FilterValue.Text text => Read(text.Value, sign),
        null => null,
        _ => Read(Show(value, BuiltSigns.Is), sign),
    };

    /// <summary>A number as people type it; null for none.</summary>
    public static decimal? Number(string? typed) =>
        decimal.TryParse(typed?.Trim(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
}
