using System.Globalization;

namespace Crm.Records.Filters;

/// <summary>Reads moments, days, distances from now, and named stretches of the calendar.</summary>
internal static class FilterTimes
{
    private const int MaxDistance = 100_000;

    /// <summary>Dates as ISO 8601 writes them; without an offset they are in the company's time zone.</summary>
    private static readonly string[] s_formats = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF"];
    private static readonly string[] s_withOffset = [.. s_formats.Select(f => f + "K")];

    public static FilterValue.Times? Times(Token token, FilterContext context) => Written(token, context.Zone)?.Times(context.Now, context.Zone);

    public static FilterValue.Days? Days(Token token, FilterContext context) => Written(token, context.Zone)?.Days(context.Now, context.Zone);

    /// <summary>A time as it is written; null when the token is none.</summary>
    public static WrittenTime? Written(Token token, TimeZoneInfo zone)
    {
        if (token.Is("now")) return new WrittenTime.Distance(0, TimeUnit.Minute);
        if (token.Kind == TokenKind.Span && token.Text[0] is '-' or '+') return Distance(token.Text);
        if (DateOnly.TryParseExact(token.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return new WrittenTime.Day(day);
        if (Exact(token.Text, zone) is { } exact) return new WrittenTime.Moment(exact);
        return token.Kind == TokenKind.Word ? Named(token.Text) : null;
    }

    /// <summary>A length of time such as <c>7d</c> or <c>2h</c>; null when the text is none.</summary>
    public static WrittenTime.Distance? Length(string text) =>
        text.Length > 0 && char.IsAsciiDigit(text[0]) && Distance("+" + text) is { Count: > 0 } length ? length : null;

    private static WrittenTime.Stretch? Named(string name)
    {
        var cut = name.IndexOf('_', StringComparison.Ordinal);
        if (cut < 0)
        {
            int? off = name.ToLowerInvariant() switch { "yesterday" => -1, "today" => 0, "tomorrow" => 1, _ => null };
            return off is { } days ? new WrittenTime.Stretch(days, TimeUnit.Day) : null;
        }

        int? which = name[..cut].ToLowerInvariant() switch { "last" => -1, "this" => 0, "next" => 1, _ => null };
        TimeUnit? unit = name[(cut + 1)..].ToLowerInvariant() switch
        {
            "week" => TimeUnit.Week,
            "month" => TimeUnit.Month,
            "quarter" => TimeUnit.Quarter,
            "year" => TimeUnit.Year,
            _ => null,
        };
        return which is { } step && unit is { } of ? new WrittenTime.Stretch(step, of) : null;
    }

    // Such as -30d, +2h, -6mo.
    private static WrittenTime.Distance? Distance(string text)
    {
        var digits = 1;
        while (digits < text.Length && char.IsAsciiDigit(text[digits])) digits++;
        if (!int.TryParse(text.AsSpan(0, digits), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) || Math.Abs((long)count) > MaxDistance) return null;
        TimeUnit? unit = text[digits..].ToLowerInvariant() switch
        {
            "m" => TimeUnit.Minute,
            "h" => TimeUnit.Hour,
            "d" => TimeUnit.Day,
            "w" => TimeUnit.Week,
            "mo" => TimeUnit.Month,
            "y" => TimeUnit.Year,
            _ => null,
        };
        return unit is { } of ? new WrittenTime.Distance(count, of) : null;
    }

    private static DateTimeOffset? Exact(string text, TimeZoneInfo zone)
    {
        if (DateTime.TryParseExact(text, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) return WrittenTime.InZone(local, zone);
        return DateTimeOffset.TryParseExact(text, s_withOffset, CultureInfo.InvariantCulture, DateTimeStyles.None, out var exact) ? exact.ToUniversalTime() : null;
    }
}
