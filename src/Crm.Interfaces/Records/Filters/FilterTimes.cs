using System.Globalization;

namespace Crm.Records.Filters;

/// <summary>Moments, days, distances from now, and named stretches of the calendar.</summary>
internal static class FilterTimes
{
    private const int MaxDistance = 100_000;
    private const int DaysOfWeek = 7;
    private const int MonthsOfQuarter = 3;
    private const int MonthsOfYear = 12;

    /// <summary>Dates as ISO 8601 writes them; without an offset they are in the company's time zone.</summary>
    private static readonly string[] s_formats = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF"];
    private static readonly string[] s_withOffset = [.. s_formats.Select(f => f + "K")];

    public static FilterValue.Times? Times(Token token, FilterContext context)
    {
        if (Distance(token, context.Now) is { } moment) return new FilterValue.Times(moment, moment);
        if (Exact(token.Text, context.Zone) is { } exact) return new FilterValue.Times(exact, exact);
        if (Days(token, context) is not { } days || days.Last == DateOnly.MaxValue) return null;
        return new FilterValue.Times(Begin(days.First, context.Zone), Begin(days.Last.AddDays(1), context.Zone));
    }

    public static FilterValue.Days? Days(Token token, FilterContext context)
    {
        if (DateOnly.TryParseExact(token.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return new FilterValue.Days(day, day);
        if (Distance(token, context.Now) is { } moment)
        {
            var at = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, context.Zone).DateTime);
            return new FilterValue.Days(at, at);
        }

        return token.Kind == TokenKind.Word ? Named(token.Text, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(context.Now, context.Zone).DateTime)) : null;
    }

    private static FilterValue.Days? Named(string name, DateOnly today)
    {
        var cut = name.IndexOf('_', StringComparison.Ordinal);
        if (cut < 0)
        {
            int? off = name.ToLowerInvariant() switch { "yesterday" => -1, "today" => 0, "tomorrow" => 1, _ => null };
            return off is { } days ? new FilterValue.Days(today.AddDays(days), today.AddDays(days)) : null;
        }

        int? which = name[..cut].ToLowerInvariant() switch { "last" => -1, "this" => 0, "next" => 1, _ => null };
        if (which is not { } step) return null;
        return name[(cut + 1)..].ToLowerInvariant() switch
        {
            "week" => Week(today, step),
            "month" => Months(new DateOnly(today.Year, today.Month, 1), 1, step),
            "quarter" => Months(new DateOnly(today.Year, ((today.Month - 1) / MonthsOfQuarter * MonthsOfQuarter) + 1, 1), MonthsOfQuarter, step),
            "year" => Months(new DateOnly(today.Year, 1, 1), MonthsOfYear, step),
            _ => null,
        };
    }

    // ISO 8601: a week begins on Monday.
    private static FilterValue.Days Week(DateOnly today, int step)
    {
        var monday = today.AddDays((DaysOfWeek * step) - (((int)today.DayOfWeek + DaysOfWeek - 1) % DaysOfWeek));
        return new FilterValue.Days(monday, monday.AddDays(DaysOfWeek - 1));
    }

    private static FilterValue.Days Months(DateOnly first, int months, int step)
    {
        var begin = first.AddMonths(months * step);
        return new FilterValue.Days(begin, begin.AddMonths(months).AddDays(-1));
    }

    // now, or such as -30d, +2h, -6mo: hours and minutes are exact, days and months those of the calendar.
    private static DateTimeOffset? Distance(Token token, DateTimeOffset now)
    {
        if (token.Is("now")) return now;
        var text = token.Text;
        if (token.Kind != TokenKind.Span || text[0] is not ('-' or '+')) return null;
        var digits = 1;
        while (digits < text.Length && char.IsAsciiDigit(text[digits])) digits++;
        if (!int.TryParse(text.AsSpan(0, digits), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) || Math.Abs(count) > MaxDistance) return null;
        try
        {
            return text[digits..].ToLowerInvariant() switch
            {
                "m" => now.AddMinutes(count),
                "h" => now.AddHours(count),
                "d" => now.AddDays(count),
                "w" => now.AddDays((double)DaysOfWeek * count),
                "mo" => now.AddMonths(count),
                "y" => now.AddYears(count),
                _ => null,
            };
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static DateTimeOffset? Exact(string text, TimeZoneInfo zone)
    {
        if (DateTime.TryParseExact(text, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) return InZone(local, zone);
        return DateTimeOffset.TryParseExact(text, s_withOffset, CultureInfo.InvariantCulture, DateTimeStyles.None, out var exact) ? exact.ToUniversalTime() : null;
    }

    private static DateTimeOffset Begin(DateOnly day, TimeZoneInfo zone) => InZone(day.ToDateTime(TimeOnly.MinValue), zone);

    // Where the clocks skip midnight the day begins at the first moment that there is.
    private static DateTimeOffset InZone(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        var ticks = local.Ticks - offset.Ticks;
        return new DateTimeOffset(Math.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), TimeSpan.Zero);
    }
}
