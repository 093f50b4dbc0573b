using System.Text;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>
/// Marks the events of known crawlers, by <c>context.userAgent</c>: <c>context.crawler</c> is set to true in the event as it is kept, and
/// its envelope carries <see cref="EventFaults.Crawler"/>. They count as others do; who counts people can leave them out.
/// </summary>
internal static class CrawlerMark
{
    /// <summary>What is looked at of a user agent; browsers' have up to some 250 bytes.</summary>
    private const int MaxUserAgentBytes = 512;

    /// <summary>The event, marked when a crawler sent it.</summary>
    public static BehaviourEvent Put(BehaviourEvent happened)
    {
        // Nearly every browser's event names one, and hardly any a crawler: it is looked for without reading the event.
        if (!MayBeCrawler(happened.Body.Span) || ContextEnd(happened.Body.Span) is not { } end) return happened;
        var body = happened.Body.Span;
        byte[] marked = [.. body[..end], .. ",\"crawler\":true"u8, .. body[end..]];
        return happened with { Faults = happened.Faults | EventFaults.Crawler, Body = marked };
    }

    private static bool MayBeCrawler(ReadOnlySpan<byte> body)
    {
        var key = "\"userAgent\""u8;
        for (var at = body.IndexOf(key); at >= 0; at = body.IndexOf(key))
        {
            body = body[(at + key.Length)..];
            var value = body.TrimStart(" \t\r\n:"u8);
            if (value.IsEmpty || value[0] != '"') continue;
            value = value[1..Math.Min(value.Length, MaxUserAgentBytes)];
            var end = value.IndexOf((byte)'"');
            if (IsCrawler(end < 0 ? value : value[..end])) return true;
        }

        return false;
    }

    private static bool IsCrawler(ReadOnlySpan<byte> userAgent)
    {
        Span<char> chars = stackalloc char[MaxUserAgentBytes];
        userAgent = userAgent[..Math.Min(userAgent.Length, MaxUserAgentBytes)];
        return Crawlers.Contain(chars[..Encoding.Latin1.GetChars(userAgent, chars)]);
    }

    /// <summary>Where the event's own context ends, when its user agent is a crawler's.</summary>
    private static int? ContextEnd(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = IngestLimits.Depth });
        reader.Read();
        int? end = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isContext = reader.ValueTextEquals("context"u8);
            reader.Read();
            if (isContext && reader.TokenType == JsonTokenType.StartObject) end = NamesCrawler(ref reader) ? (int)reader.TokenStartIndex : null;
            else reader.Skip();
        }

        return end;
    }

    /// <summary>Reads a context to its closing brace.</summary>
    private static bool NamesCrawler(ref Utf8JsonReader reader)
    {
        var isCrawler = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUserAgent = reader.ValueTextEquals("userAgent"u8);
            reader.Read();
            if (isUserAgent && reader.TokenType == JsonTokenType.String) isCrawler = IsCrawler(reader.ValueSpan);
            else reader.Skip();
        }

        return isCrawler;
    }
}
