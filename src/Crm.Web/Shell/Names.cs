using System.Globalization;

namespace Crm.Shell;

/// <summary>Names made short.</summary>
public static class Names
{
    /// <summary>The first letters of a name's first and last word; of a Chinese name its last two signs.</summary>
    public static string Initials(string? name)
    {
        var words = (name ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length == 0) return "?";
        if (words.Length == 1 && words[0][0] >= 0x2E80)
        {
            var signs = StringInfo.ParseCombiningCharacters(words[0]);
            return signs.Length <= 2 ? words[0] : words[0][signs[^2]..];
        }

        return string.Concat(words.Take(1).Concat(words.Skip(1).TakeLast(1)).Select(w => StringInfo.GetNextTextElement(w).ToUpperInvariant()));
    }
}
