using System.Text;
using System.Text.RegularExpressions;

namespace Crm.Web;

/// <summary>A place that names a text: by its whole key, or by one that is put together.</summary>
/// <param name="Path">The file.</param>
/// <param name="Pattern">The key; what is not known before it runs is <c>*</c>.</param>
/// <param name="Counts">Whether it is a number's text, which has two keys.</param>
internal sealed record TextUse(string Path, string Pattern, bool Counts)
{
    public bool Names(string key) => Pattern.Contains('*', StringComparison.Ordinal)
        ? Expression.IsMatch(key)
        : key.StartsWith(Pattern, StringComparison.Ordinal) && (Counts ? key.AsSpan(Pattern.Length) is ".one" or ".other" : key.Length == Pattern.Length);

    public bool Matches(IEnumerable<string> keys) => Counts && !Pattern.Contains('*', StringComparison.Ordinal)
        ? keys.Contains(Pattern + ".one") && keys.Contains(Pattern + ".other")
        : keys.Any(Names);

    private Regex Expression => field ??= new Regex(
        "^" + Regex.Escape(Pattern).Replace("\\*", ".+", StringComparison.Ordinal) + (Counts ? @"\.(one|other)" : "") + "$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    public override string ToString() => Counts ? $"{Pattern}.one/other" : Pattern;
}

/// <summary>Finds in sources which texts they name.</summary>
internal static class TextUses
{
    private static readonly Regex s_asked = new(@"(?<![\w.])(?:T|texts|this)(?<what>\[|\.Count\()", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));

    // A literal, and what is put behind it.
    private static readonly Regex s_literal = new("""(?<dollar>\$?)"(?<text>(?:[^"\\\n]|\\.)*)"(?<after>\s*\+)?""", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));

    // What is compared is no key.
    private static readonly Regex s_compared = new(@"(==|!=|\bis|\bor|\bnot)\s*$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    /// <summary>What is asked of the texts by a key that can be read: each must be there.</summary>
    public static IEnumerable<TextUse> Asked(IEnumerable<(string Path, string Text)> sources) =>
        from file in sources
        where !file.Path.EndsWith("Texts.cs", StringComparison.Ordinal)
        from Match asked in s_asked.Matches(file.Text)
        let counts = asked.Groups["what"].Value != "["
        from key in Keys(file.Text, asked.Index + asked.Length)
        select new TextUse(file.Path, key, counts);

    /// <summary>All literals: whichever is a key may be handed to the texts elsewhere.</summary>
    public static IEnumerable<TextUse> Anywhere(IEnumerable<(string Path, string Text)> sources) => sources
        .SelectMany(file => Literals(file.Path, file.Text, false).Concat(Literals(file.Path, file.Text, true)))
        .Where(use => use.Pattern.Trim('*').Length > 1 && use.Pattern != "*.*").Concat(Asked(sources));

    /// <summary>Words that stand in a page's markup.</summary>
    public static IEnumerable<string> Written(string page)
    {
        var code = page.IndexOf("\n@code", StringComparison.Ordinal);
        var markup = code < 0 ? page : page[..code];
        markup = Regex.Replace(markup, @"@\*.*?\*@|<script.*?</script>|<!DOCTYPE[^>]*>", "", RegexOptions.Singleline, TimeSpan.FromSeconds(5));
        foreach (Match between in Regex.Matches(markup, @">([^<>{}@;()=]*\p{L}{2,}[^<>{}@;()=]*)</", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5)))
        {
            var said = between.Groups[1].Value.Trim();
            var opened = markup.LastIndexOf('<', between.Index);
            if (said.Length > 0 && !(opened >= 0 && Regex.IsMatch(markup[opened..between.Index], @"^<(kbd|code)\b"))) yield return said;
        }
    }

    private static IEnumerable<TextUse> Literals(string path, string code, bool counts)
    {
        foreach (Match literal in s_literal.Matches(code))
        {
            var text = literal.Groups["text"].Value;
            if (literal.Groups["dollar"].Length > 0) text = Regex.Replace(text, @"\{[^{}]*\}", "*");
            if (literal.Groups["after"].Success) text += "*";
            if (text.Length > 0) yield return new TextUse(path, text, counts);
        }
    }

    // The literals of the first argument: not those that are handed to calls within it, nor those that are compared.
    private static IEnumerable<string> Keys(string code, int from)
    {
        var (deep, before) = (0, new StringBuilder());
        for (var at = from; at < code.Length; at++)
        {
            if (code[at] == '"')
            {
                var key = Literal(code, ref at, code[at - 1] == '$');
                var isPart = Regex.IsMatch(code[(at + 1)..Math.Min(code.Length, at + 10)], @"^\s*\+");
                if (deep == 0 && !s_compared.IsMatch(before.ToString().TrimEnd('$')) && key.Length > 0) yield return isPart ? key + "*" : key;
                before.Clear();
                continue;
            }

            if (code[at] is '(' or '[' or '{') deep++;
            if (code[at] is ')' or ']' or '}' && deep-- == 0) yield break;
            if (code[at] == ',' && deep == 0) yield break;
            before.Append(code[at]);
        }
    }

    // Up to the quote that ends it; what is put into it as *.
    private static string Literal(string code, ref int at, bool isFilled)
    {
        var text = new StringBuilder();
        for (at++; at < code.Length && code[at] != '"'; at++)
        {
            if (code[at] == '\\') text.Append(code[++at]);
            else if (!isFilled || code[at] != '{') text.Append(code[at]);
            else
            {
                text.Append('*');
                for (var deep = 1; deep > 0;) deep += code[++at] switch { '{' => 1, '}' => -1, _ => 0 };
            }
        }

        return text.ToString();
    }
}
