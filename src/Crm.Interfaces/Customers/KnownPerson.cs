using System.Text.Json;

namespace Crm.Customers;

/// <summary>Who somebody is as events say, from traits and ids.</summary>
public static class KnownPerson
{
    /// <summary>Longest name, email or phone that lists show, in characters.</summary>
    public const int MaxLength = 200;

    /// <summary>The name: the trait <c>name</c>, else made of <c>firstName</c> and <c>lastName</c>; null for none.</summary>
    /// <param name="trait">A trait's raw JSON value by its name; null for none.</param>
    public static string? Name(Func<string, string?> trait)
    {
        ArgumentNullException.ThrowIfNull(trait);
        return Text(trait("name")) ?? PersonName.Shown(Text(trait("firstName")), Text(trait("lastName")), Text(trait("language")));
    }

    /// <summary>The trait, else the id of that kind that was seen last.</summary>
    public static string? Id(string? trait, string? lastSeen) => Text(trait) ?? Clean(lastSeen);

    private static string? Text(string? json)
    {
        if (json is not ['"', ..]) return null;
        try
        {
            return Clean(JsonSerializer.Deserialize<string>(json));
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What can be shown and stored: no signs that nobody sees, no half of a pair.</summary>
    private static string? Clean(string? text)
    {
        if (text is null) return null;
        var clean = new System.Text.StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > MaxLength) break;
            clean.Append(System.Text.Rune.IsControl(rune) ? " " : rune.ToString());
        }

        var shown = clean.ToString().Trim();
        return shown.Length == 0 ? null : shown;
    }
}
