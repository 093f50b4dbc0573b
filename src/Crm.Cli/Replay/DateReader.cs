using System.Globalization;
using Crm.CommandLine;

namespace Crm.Replay;

/// <summary>Reads the dates of a file: in a given form, or in the usual ones; without an offset they are in the given zone.</summary>
internal sealed class DateReader(TimeZoneInfo zone, string? format)
{
    private static readonly string[] UsualForms =
    [
        "yyyy-M-d H:m:s", "yyyy-M-d H:m", "yyyy-M-d", "yyyy/M/d H:m:s", "yyyy/M/d H:m", "yyyy/M/d", "yyyyMMdd",
        "yyyy-M-d'T'H:m:s", "yyyy-M-d'T'H:m", "yyyy-M-d'T'H:m:s.FFFFFFF", "yyyy-M-d H:m:s.FFFFFFF",
        "yyyy-M-d'T'H:m:sK", "yyyy-M-d'T'H:m:s.FFFFFFFK", "yyyy-M-d H:m:sK", "yyyy-M-d H:m:s.FFFFFFFK",
    ];

    private readonly string[] _forms = format is null ? UsualForms : [format];

    /// <exception cref="UsageException">There is no such zone.</exception>
    public static DateReader Create(string? zone, string? format)
    {
        if (zone is null) return new DateReader(TimeZoneInfo.Utc, format);
        return TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)
            ? new DateReader(found, format)
            : throw new UsageException($"there is no time zone \"{zone}\"; it is named like Europe/London.");
    }

    /// <summary>Unix milliseconds of a cell.</summary>
    public bool TryRead(string cell, out long unixMs)
    {
        if (format is "unix" or "unixms") return TryUnix(cell, out unixMs);
        unixMs = 0;
        if (!DateTime.TryParseExact(cell.Trim(), _forms, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var read))
            return false;
        // A local time that the clocks skipped takes the offset after the change; one that they repeat, the standard one.
        var offset = read.Kind == DateTimeKind.Utc ? TimeSpan.Zero : zone.GetUtcOffset(read);
        unixMs = (read.Ticks - offset.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
        return true;
    }

    private bool TryUnix(string cell, out long unixMs)
    {
        const long lastMs = 253_402_300_799_999;
        unixMs = 0;
        if (!decimal.TryParse(cell, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            || Math.Abs(number) > lastMs)
            return false;
        unixMs = (long)(format == "unix" ? number * 1_000 : number);
        return Math.Abs(unixMs) <= lastMs;
    }
}
