using System.Text;

namespace Crm.Customers;

/// <summary>
/// Shares short texts that many customers hold: names of events, products, categories, currencies. A direct-mapped cache: a new
/// text takes the slot of an old one, so it never grows and never needs a lock (a lost race costs one more copy of a text).
/// </summary>
public static class TextPool
{
    /// <summary>Longest text that is shared, in characters. Longer ones are rarely the same.</summary>
    public const int MaxLength = 64;

    /// <summary>Slots, a power of two. Full of longest texts they hold 5 MB in a silo.</summary>
    private const int Slots = 32_768;

    private static readonly string?[] Shared = new string?[Slots];

    /// <summary>The shared copy of a text.</summary>
    public static string Get(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return "";
        if (text.Length > MaxLength) return text.ToString();
        ref var slot = ref Shared[string.GetHashCode(text) & (Slots - 1)];
        var known = slot;
        if (known is not null && text.SequenceEqual(known)) return known;
        var fresh = text.ToString();
        slot = fresh;
        return fresh;
    }

    /// <summary>The shared copy of a text in UTF-8.</summary>
    public static string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxLength) return Encoding.UTF8.GetString(utf8);
        Span<char> chars = stackalloc char[MaxLength];
        return Get(chars[..Encoding.UTF8.GetChars(utf8, chars)]);
    }

    /// <summary>The shared copy of a text; the first one seen is kept as it is.</summary>
    public static string Get(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength || text.Length == 0) return text;
        ref var slot = ref Shared[string.GetHashCode(text.AsSpan()) & (Slots - 1)];
        var known = slot;
        if (known is not null && known == text) return known;
        slot = text;
        return text;
    }
}
