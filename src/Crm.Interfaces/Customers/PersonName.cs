namespace Crm.Customers;

/// <summary>How a person's name is written: in Chinese, Japanese and Korean the family name comes first.</summary>
public static class PersonName
{
    /// <summary>The name as it is shown; null when there is neither part.</summary>
    /// <param name="given">Given name.</param>
    /// <param name="family">Family name.</param>
    /// <param name="language">The person's language (BCP 47), where it is known; else the letters tell.</param>
    public static string? Shown(string? given, string? family, string? language)
    {
        (given, family) = (given?.Trim(), family?.Trim());
        if (string.IsNullOrEmpty(given)) return string.IsNullOrEmpty(family) ? null : family;
        if (string.IsNullOrEmpty(family)) return given;
        var isDense = IsDense(given) && IsDense(family);
        if (!isDense && !IsFamilyFirst(language)) return $"{given} {family}";
        return isDense ? family + given : $"{family} {given}";
    }

    private static bool IsFamilyFirst(string? language) =>
        language is not null && language.Split('-', '_')[0].ToLowerInvariant() is "zh" or "ja" or "ko";

    /// <summary>Written in a script that puts no blank between names: Han, kana, Hangul.</summary>
    private static bool IsDense(string name) => name.EnumerateRunes().All(static rune => rune.Value is
        (>= 0x3040 and <= 0x30FF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x20000 and <= 0x323AF));
}
