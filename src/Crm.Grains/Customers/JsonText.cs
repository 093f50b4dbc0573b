using System.Globalization;
using System.Text;

namespace Crm.Customers;

/// <summary>
/// Text of JSON strings, read without ever failing: the framework's reader throws on lone surrogates. They, U+0000 and bytes that
/// are no UTF-8 become U+FFFD.
/// </summary>
internal static class JsonText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Decodes the inside of a JSON string. The target must be as long as the source.</summary>
    public static int Decode(ReadOnlySpan<byte> raw, bool escaped, Span<char> target)
    {
        if (!escaped) return Encoding.UTF8.GetChars(raw, target);
        var length = 0;
        while (!raw.IsEmpty)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0) plain = raw.Length;
            length += Encoding.UTF8.GetChars(raw[..plain], target[length..]);
            raw = raw[plain..];
            if (raw.Length < 2) break;
            target[length++] = Unescape(raw, out var used);
            raw = raw[used..];
        }

        Repair(target[..length]);
        return length;
    }

    /// <summary>Replaces what PostgreSQL and UTF-8 cannot hold: lone surrogates and U+0000.</summary>
    public static void Repair(Span<char> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1])) at++;
            else if (char.IsSurrogate(text[at]) || text[at] == '\0') text[at] = Replacement;
        }
    }

    /// <summary>At most so many characters, without cutting a pair of surrogates.</summary>
    public static ReadOnlySpan<char> Cut(ReadOnlySpan<char> text, int max)
    {
        if (text.Length <= max) return text;
        return char.IsHighSurrogate(text[max - 1]) ? text[..(max - 1)] : text[..max];
    }

    private static char Unescape(ReadOnlySpan<byte> raw, out int used)
    {
        used = 2;
        switch (raw[1])
        {
            case (byte)'b': return '\b';
            case (byte)'f': return '\f';
            case (byte)'n': return '\n';
            case (byte)'r': return '\r';
            case (byte)'t': return '\t';
            case (byte)'u' when raw.Length >= 6
                && ushort.TryParse(raw.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                used = 6;
                return (char)code;
            case (byte)'u': return Replacement;
            default: return (char)raw[1];
        }
    }
}
