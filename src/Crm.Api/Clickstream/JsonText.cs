using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>
/// Reads JSON texts that <see cref="Utf8JsonReader.GetString"/> would throw on: lone surrogates, U+0000 and other control
/// characters become U+FFFD, because neither ids nor PostgreSQL's text can hold them.
/// </summary>
internal static class JsonText
{
    private const char Replacement = '\uFFFD';

    private static readonly SearchValues<char> Unstorable = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7f, 0x21)).Select(c => (char)c)]);

    /// <summary>The text of a string token; <paramref name="repaired"/> is set (never cleared) when something was replaced.</summary>
    public static string Read(ref Utf8JsonReader reader, ref bool repaired)
    {
        var raw = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            var plain = Encoding.UTF8.GetString(raw);
            return plain.AsSpan().ContainsAny(Unstorable) ? Repair(plain, ref repaired) : plain;
        }

        var chars = ArrayPool<char>.Shared.Rent(raw.Length);
        try
        {
            return Repair(chars.AsSpan(0, Unescape(raw, chars)), ref repaired);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    /// <summary>Writes the characters of an escaped token and answers how many; lone surrogates are left as they are.</summary>
    private static int Unescape(ReadOnlySpan<byte> raw, Span<char> chars)
    {
        var count = 0;
        while (!raw.IsEmpty)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0) plain = raw.Length;
            count += Encoding.UTF8.GetChars(raw[..plain], chars[count..]);
            raw = raw[plain..];
            if (raw.IsEmpty) break;
            var step = 2;
            chars[count++] = (char)raw[1] switch
            {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\b',
                'f' => '\f',
                'u' => Unicode(raw, out step),
                var same => same,
            };
            raw = raw[step..];
        }

        return count;
    }

    private static char Unicode(ReadOnlySpan<byte> raw, out int step)
    {
        step = 6;
        return (char)ushort.Parse(raw.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    /// <summary>The text with what cannot be stored replaced; <paramref name="repaired"/> is set (never cleared) when something was.</summary>
    public static string Repair(ReadOnlySpan<char> text, ref bool repaired)
    {
        var output = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                output.Append(c).Append(text[++i]);
            }
            else if (char.IsSurrogate(c) || Unstorable.Contains(c))
            {
                output.Append(Replacement);
                repaired = true;
            }
            else
            {
                output.Append(c);
            }
        }

        return output.ToString();
    }
}
