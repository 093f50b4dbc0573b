using System.Text.RegularExpressions;
using Crm.Infrastructure;
using Crm.Language;
using Crm.Records;
using Crm.Shell;
using Xunit;

namespace Crm.Web;

/// <summary>All that pages say stands in both languages, is used, and says the same.</summary>
public sealed class TextKeysTests
{
    // Signs and names that are the same in every language.
    private static readonly string[] s_same = ["none", "choice.channel.whatsapp", "filter.when", "home.lag.seconds"];

    // What the API and the database say in English themselves.
    private static readonly string[] s_chineseAlone = ["problem.", Sentences.Prefix, "role."];

    private static readonly (string Path, string Text)[] s_sources = [.. Sources()];

    [Fact]
    public void Both_languages_have_the_same_keys() => Assert.Equal(
        Texts.Keys(Texts.English).Order(StringComparer.Ordinal),
        Texts.Keys(Texts.Chinese).Where(k => In(Texts.English).Has(k) || !s_chineseAlone.Any(p => k.StartsWith(p, StringComparison.Ordinal))).Order(StringComparer.Ordinal));

    // A text need not tell all that stands in the sentence.
    [Fact]
    public void Texts_of_sentences_have_no_other_holes() => None(
        from key in Texts.Keys(Texts.Chinese)
        where key.StartsWith(Sentences.Prefix, StringComparison.Ordinal)
        from Match hole in Regex.Matches(In(Texts.Chinese)[key], @"\{\d")
        where !key.Contains(hole.Value + "}", StringComparison.Ordinal)
        select $"{key}: {hole.Value}");

    [Fact]
    public void Both_languages_have_the_same_holes() => None(
        from key in Texts.Keys(Texts.English)
        let holes = (Holes(In(Texts.English)[key]), Holes(In(Texts.Chinese)[key]))
        where holes.Item1 != holes.Item2
        select $"{key}: {holes.Item1} / {holes.Item2}");

    [Fact]
    public void Nothing_is_left_in_English() => None(
        from key in Texts.Keys(Texts.Chinese)
        let chinese = In(Texts.Chinese)[key]
        where !s_same.Contains(key) && !chinese.Any(c => c >= 0x2E80) && chinese.Any(char.IsLetter)
        select $"{key}: {chinese}");

    [Fact]
    public void No_text_is_empty() => None(
        from language in new[] { Texts.English, Texts.Chinese }
        from key in Texts.Keys(language)
        where string.IsNullOrWhiteSpace(In(language)[key])
        select $"{language} {key}");

    [Fact]
    public void No_key_is_missing() => None(
        from use in TextUses.Asked(s_sources)
        where !use.Matches(Texts.Keys(Texts.English))
        select $"{use.Path}: {use}");

    [Fact]
    public void No_key_is_unused()
    {
        var uses = TextUses.Anywhere(s_sources).DistinctBy(use => (use.Pattern, use.Counts)).ToArray();
        None(Texts.Keys(Texts.English).Where(key => !uses.Any(use => use.Names(key))).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void All_that_the_product_itself_names_has_a_text()
    {
        var texts = In(Texts.English);
        var missing = new List<string>();
        foreach (var kind in RecordKind.All)
        {
            missing.AddRange(new[] { $"kind.{kind.Name}.one", $"kind.{kind.Name}.many", "empty." + kind.Name }.Where(k => !texts.Has(k) && !(k == "empty.activity")));
            foreach (var rule in kind.Rules.Where(r => r.Field.Type is not (FieldType.Part or FieldType.Html)))
            {
                if (!texts.Has($"field.{kind.Name}.{rule.Field.Name}") && !texts.Has("field." + rule.Field.Name)) missing.Add($"field.{rule.Field.Name} ({kind.Name})");
                missing.AddRange(rule.Field.Choices.Select(c => $"choice.{rule.Field.Name}.{c}").Where(k => !texts.Has(k)));
                if (rule.Field.IsCompared) missing.AddRange(Condition.Signs(rule.Field.Type).Select(s => "sign." + s).Where(k => !texts.Has(k)));
            }
        }

        missing.AddRange(Places.All.Select(p => "place." + p.Key).Where(k => !texts.Has(k)));
        None(missing.Distinct());
    }

    // Runs of letters between tags and expressions: what is visible comes from the texts.
    [Fact]
    public void No_page_says_anything_by_itself() => None(
        from file in s_sources
        where file.Path.EndsWith(".razor", StringComparison.Ordinal)
        from said in TextUses.Written(file.Text)
        where !said.Contains("Crm.Orleans", StringComparison.Ordinal)
        select $"{file.Path}: {said}");

    private static IEnumerable<(string, string)> Sources() =>
        from folder in new[] { "src/Crm.Web", "src/Crm.Api/Pages" }
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories)
        where Path.GetExtension(file) is ".razor" or ".cs"
        let path = Path.GetRelativePath(Repository.Root, file)
        where !path.Split('/').Any(part => part is "bin" or "obj")
        orderby path
        select (path, File.ReadAllText(file));

    private static Texts In(string language) => new() { Language = language };

    private static string Holes(string text) => string.Join(' ', Regex.Matches(text, @"\{\d+\}").Select(m => m.Value).Distinct().Order(StringComparer.Ordinal));

    private static void None(IEnumerable<string> wrong) => Assert.Equal("", string.Join('\n', wrong));
}
