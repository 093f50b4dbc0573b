using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Crm.Clickstream;
using Crm.Hosting;

namespace Crm.Customers;

/// <summary>Which page of a history is asked for.</summary>
internal sealed record HistoryQuery(int Limit, HistoryCursor? Before, HistoryFilter Filter)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 500;

    /// <summary>Reads <c>limit</c>, <c>cursor</c>, <c>type</c> and <c>name</c>; or says which is wrong.</summary>
    public static HistoryQuery? From(IQueryCollection query, out Problem? problem)
    {
        problem = null;
        var limit = DefaultLimit;
        if (query["limit"].ToString() is { Length: > 0 } limitText
            && (!int.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            problem = Bad($"limit must be a whole number from 1 to {MaxLimit}.");
            return null;
        }

        HistoryCursor? before = null;
        if (query["cursor"].ToString() is { Length: > 0 } cursorText && !TryCursor(cursorText, out before))
        {
            problem = Bad("cursor must be the next_cursor of the page before, unchanged.");
            return null;
        }

        EventType? type = null;
        if (query["type"].ToString() is { Length: > 0 } typeText)
        {
            type = SegmentAdapter.TypeOf(typeText);
            if (type is null)
            {
                problem = Bad("type must be track, identify, page, screen, group or alias.");
                return null;
            }
        }

        var name = query["name"].ToString();
        return new HistoryQuery(limit, before, new HistoryFilter(type, name.Length == 0 ? null : name));
    }

    /// <summary>The opaque text of a cursor.</summary>
    public static string CursorText(HistoryCursor cursor) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"1.{cursor.TimestampMs}.{cursor.Partition}.{cursor.Seq}")));

    internal static bool TryCursor(string text, [NotNullWhen(true)] out HistoryCursor? cursor)
    {
        cursor = null;
        if (text.Length > 100 || !Base64Url.IsValid(text)) return false;
        var parts = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(text)).Split('.');
        if (parts.Length != 4 || parts[0] != "1") return false;
        const NumberStyles Digits = NumberStyles.AllowLeadingSign;
        var culture = CultureInfo.InvariantCulture;
        if (!long.TryParse(parts[1], Digits, culture, out var ms) || !int.TryParse(parts[2], Digits, culture, out var partition)
            || !long.TryParse(parts[3], Digits, culture, out var seq) || !LenientTime.IsSane(ms))
            return false;
        cursor = new HistoryCursor(ms, partition, seq);
        return true;
    }

    private static Problem Bad(string detail) =>
        new(StatusCodes.Status400BadRequest, "bad-query", "A part of the query cannot be used.", detail);
}
