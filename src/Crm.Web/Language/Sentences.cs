using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Crm.Language;

/// <summary>
/// What the API says in English, in another language: texts by the English sentence, in which <c>{0}</c> and so on stand for what changes.
/// In the text <c>{0}</c> is that as it is, <c>{0:said}</c> a sentence itself, and <c>{0:kind.*.one}</c> the text whose key has it for the star.
/// </summary>
internal sealed partial class Sentences
{
    /// <summary>What the keys of sentences begin with.</summary>
    public const string Prefix = "said.";

    private readonly FrozenDictionary<string, string> _texts;
    private readonly Lazy<(Regex Said, string Text)[]> _patterns;

    public Sentences(FrozenDictionary<string, string> texts)
    {
        _texts = texts;

        // The more of a sentence is in a pattern, from its beginning on, the surer it is meant.
        _patterns = new(() => [.. texts.Where(t => t.Key.StartsWith(Prefix, StringComparison.Ordinal) && Hole().IsMatch(t.Key))
            .OrderByDescending(t => Hole().Match(t.Key).Index).ThenByDescending(t => Hole().Replace(t.Key, "").Length).Select(t => (Pattern(t.Key[Prefix.Length..], ".*"), t.Value))]);
    }

    /// <summary>What is said, sentence by sentence; a sentence without a text stays as it is.</summary>
    /// <param name="said">One sentence, or several.</param>
    /// <param name="inner">Tells what is said within a sentence, or behind it.</param>
    public string Of(string said, Func<string, string> inner)
    {
        if (Find(said, inner) is { } whole) return whole;
        for (var end = said.LastIndexOf(". ", StringComparison.Ordinal); end > 0; end = said.LastIndexOf(". ", end - 1, StringComparison.Ordinal))
            if (Find(said[..(end + 1)], inner) is { } first) return first + inner(said[(end + 2)..]);
        return said;
    }

    /// <summary>What a sentence must look like to be of a key.</summary>
    /// <param name="holes">What may stand in its holes.</param>
    internal static Regex Pattern(string key, string holes)
    {
        var pattern = new System.Text.StringBuilder(@"\A");
        var from = 0;
        foreach (Match hole in Hole().Matches(key))
        {
            pattern.Append(Regex.Escape(key[from..hole.Index])).Append('(').Append(holes).Append("?)");
            from = hole.Index + hole.Length;
        }

        return new Regex(pattern.Append(Regex.Escape(key[from..])).Append(@"\z").ToString(), RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);
    }

    private string? Find(string said, Func<string, string> inner)
    {
        if (_texts.TryGetValue(Prefix + said, out var text)) return text;
        foreach (var (pattern, filled) in _patterns.Value)
            if (pattern.Match(said) is { Success: true } match) return Hole().Replace(filled, hole => Part(match.Groups[hole.Groups["at"].ValueSpan[0] - '0' + 1].Value.Trim(), hole.Groups["as"].Value, inner));
        return null;
    }

    private string Part(string part, string how, Func<string, string> inner) => how switch
    {
        "" => part,
        "said" => inner(part),
        _ => _texts.GetValueOrDefault(how.Replace("*", part, StringComparison.Ordinal)) ?? part,
    };

    [GeneratedRegex(@"\{(?<at>\d)(?::(?<as>[\w.*]+))?\}")]
    private static partial Regex Hole();
}
