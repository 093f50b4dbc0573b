using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Crm.Clickstream;

namespace Crm.Privacy;

/// <summary>What becomes of IP addresses before anything is stored (CRM_IP).</summary>
internal enum IpAddresses
{
    /// <summary>IPv4 to its /24, IPv6 to its /48: enough for a region, too little for a person.</summary>
    Truncate,

    /// <summary>As sent.</summary>
    Keep,

    /// <summary>None is kept.</summary>
    Drop,
}

/// <summary>
/// Prepares an event's context before it is logged: shortens <c>context.ip</c>, and notes the caller's Global Privacy Control
/// signal as <c>context.gpc</c>. Works on the bytes; most events need neither and are not looked into.
/// </summary>
internal static class ContextPrivacy
{
    private const int V4Bytes = 3;
    private const int V6Bytes = 6;

    private readonly record struct Cut(int Start, int Length, byte[] Text);

    /// <summary>Where the context stands in an event, and what this is about in it; starts are -1 for what is not there.</summary>
    private struct Found()
    {
        public JsonTokenType Context = JsonTokenType.None;
        public int ContextStart = -1;
        public int ContextLength;
        public bool ContextIsEmpty = true;
        public List<Cut> Ips = [];
        public List<Cut> Gpcs = [];
    }

    /// <summary>The event's JSON as it is to be logged.</summary>
    public static ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> body, IpAddresses ips, bool gpc)
    {
        var json = body.Span;
        var hasIp = ips != IpAddresses.Keep && (json.IndexOf("\"ip\""u8) >= 0 || json.IndexOf("\\u00"u8) >= 0);
        if (!hasIp && !gpc) return body;
        try
        {
            var found = Find(json, ips);
            List<Cut> cuts = hasIp ? found.Ips : [];
            if (gpc) cuts.AddRange(Signal(found));
            return cuts.Count == 0 ? body : Splice(json, cuts);
        }
        catch (JsonException)
        {
            // No adapter makes such an event; what cannot be read carries no address that anybody reads.
            return body;
        }
    }

    /// <summary>The address without what names a single connection; null when it is none.</summary>
    public static string? Truncated(string? text)
    {
        if (!IPAddress.TryParse(text, out var address)) return null;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(address.AddressFamily == AddressFamily.InterNetwork ? V4Bytes : V6Bytes).Clear();
        return new IPAddress(bytes).ToString();
    }

    private static Found Find(ReadOnlySpan<byte> json, IpAddresses ips)
    {
        var found = new Found();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = IngestLimits.Depth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isContext = reader.ValueTextEquals("context"u8);
            reader.Read();
            if (!isContext)
            {
                reader.Skip();
                continue;
            }

            found.Context = reader.TokenType;
            found.ContextStart = (int)reader.TokenStartIndex;
            found.Gpcs.Clear();
            if (reader.TokenType == JsonTokenType.StartObject) Members(ref reader, ref found, ips);
            found.ContextLength = (int)reader.BytesConsumed - found.ContextStart;
        }

        return found;
    }

    private static void Members(ref Utf8JsonReader reader, ref Found found, IpAddresses ips)
    {
        found.ContextIsEmpty = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            found.ContextIsEmpty = false;
            var isIp = reader.ValueTextEquals("ip"u8);
            var isGpc = reader.ValueTextEquals("gpc"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var text = isIp && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            reader.Skip();
            var length = (int)reader.BytesConsumed - start;
            if (isIp) found.Ips.Add(new Cut(start, length, JsonSerializer.SerializeToUtf8Bytes(ips == IpAddresses.Drop ? null : Truncated(text), ContextJson.Default.String)));
            if (isGpc) found.Gpcs.Add(new Cut(start, length, "true"u8.ToArray()));
        }
    }

    private static List<Cut> Signal(Found found)
    {
        if (found.Gpcs.Count > 0) return found.Gpcs;
        if (found.Context == JsonTokenType.StartObject)
            return [new Cut(found.ContextStart + 1, 0, found.ContextIsEmpty ? "\"gpc\":true"u8.ToArray() : "\"gpc\":true,"u8.ToArray())];
        if (found.Context != JsonTokenType.None)
            return [new Cut(found.ContextStart, found.ContextLength, "{\"gpc\":true}"u8.ToArray())];

        // An event that was admitted has members, so the comma is right.
        return [new Cut(1, 0, "\"context\":{\"gpc\":true},"u8.ToArray())];
    }

    private static byte[] Splice(ReadOnlySpan<byte> json, List<Cut> cuts)
    {
        var output = new List<byte>(json.Length + 32);
        var from = 0;
        foreach (var cut in cuts.OrderBy(c => c.Start))
        {
            output.AddRange(json[from..cut.Start]);
            output.AddRange(cut.Text);
            from = cut.Start + cut.Length;
        }

        output.AddRange(json[from..]);
        return [.. output];
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class ContextJson : System.Text.Json.Serialization.JsonSerializerContext;
