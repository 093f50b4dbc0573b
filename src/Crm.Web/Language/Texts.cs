using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.Records;

namespace Crm.Language;

/// <summary>All that the pages say, in the language of whoever looks.</summary>
public sealed partial class Texts
{
    public const string English = "en";
    public const string Chinese = "zh-CN";

    private static readonly FrozenDictionary<string, FrozenDictionary<string, string>> s_all = new[] { English, Chinese }.ToFrozenDictionary(l => l, Read);

    private static readonly FrozenDictionary<string, Sentences> s_sentences = s_all.ToFrozenDictionary(l => l.Key, l => new Sentences(l.Value));

    private readonly Dictionary<(string Field, string Value), string> _named = [];
    private FrozenDictionary<string, string> _texts = s_all[English];

    /// <summary>The languages, each by its own name.</summary>
    public static IReadOnlyList<(string Tag, string Name)> Languages { get; } = [(English, "English"), (Chinese, "简体中文")];

    /// <summary>The language's tag.</summary>
    public string Language
    {
        get;
        set
        {
            field = s_all.ContainsKey(value) ? value : English;
            _texts = s_all[field];
        }
    } = English;

    public bool IsChinese => Language == Chinese;

    /// <summary>A text by its key.</summary>
    public string this[string key] => _texts.GetValueOrDefault(key, key);

    /// <summary>A text with what stands in it: <c>{0}</c> and so on.</summary>
    public string this[string key, params object?[] parts] => string.Format(CultureInfo.InvariantCulture, this[key], parts);

    /// <summary>A text of a number: <c>KEY.one</c> or <c>KEY.other</c>, with the number as <c>{0}</c>.</summary>
    public string Count(string key, long number) =>
        string.Format(CultureInfo.InvariantCulture, this[number == 1 && !IsChinese ? key + ".one" : key + ".other"], number.ToString("N0", CultureInfo.InvariantCulture));

    /// <summary>Whether there is such a text.</summary>
    public bool Has(string key) => _texts.ContainsKey(key);

    /// <summary>A kind of record: <c>one</c> or <c>many</c>.</summary>
    public string Kind(string kind, string form = "one") => this[$"kind.{kind}.{form}"];

    /// <summary>Several of a kind, within a sentence.</summary>
    public string Many(string kind) => IsChinese ? Kind(kind, "many") : Kind(kind, "many").ToLowerInvariant();

    /// <summary>A kind, at a sentence's beginning.</summary>
    public string Heading(string kind) => Kind(kind) is [var first, .. var rest] ? char.ToUpperInvariant(first) + rest : "";

    /// <summary>A field as people call it; one of the company's own by its label.</summary>
    public string Field(string kind, FieldRule rule) => Field(kind, rule.Field.Name);

    /// <summary>A field as people call it.</summary>
    public string Field(string kind, string name) =>
        _texts.GetValueOrDefault($"field.{kind}.{name}") ?? _texts.GetValueOrDefault("field." + name) ?? Plain(name);

    /// <summary>A choice as people call it; the company's own as they are.</summary>
    public string Choice(string field, string value) =>
        _texts.GetValueOrDefault($"choice.{field}.{value}") ?? _named.GetValueOrDefault((field, value)) ?? value;

    /// <summary>Takes note of what the company calls its own: stages and pipelines, which records know by their ids.</summary>
    public void Name(IReadOnlyDictionary<(string Field, string Value), string> names)
    {
        foreach (var (choice, name) in names) _named[choice] = name;
    }

    /// <summary>A role as people call it; one that the company renamed, or made, by the name that it was given.</summary>
    public string Role(string? name) => _texts.GetValueOrDefault("role." + name) ?? name ?? "";

    /// <summary>Why the API refused, and what to do.</summary>
    public string Problem(Calls.ApiAnswer answer)
    {
        if (answer.Problem is { } kind && _texts.TryGetValue("problem." + kind, out var known)) return known;
        if (answer.IsAway) return this["problem.away"];
        if (answer.Status is 403) return this["problem.forbidden"];
        if (answer.Status is 404) return this["problem.gone"];
        var why = answer.Errors.Count > 0 ? answer.Errors.Values : [Calls.JsonReads.Text(answer.Object, "detail") ?? ""];
        var said = why.Prepend(Calls.JsonReads.Text(answer.Object, "title") ?? "").Where(s => s.Length > 0).Select(Said);
        return string.Join(IsChinese ? "" : " ", said) is { Length: > 0 } all ? all : this["problem.away"];
    }

    /// <summary>What is wrong with a field, without its name, which stands beside it.</summary>
    public string FieldError(string said) => s_sentences[Language].Of(Named().Replace(said, ""), Said);

    /// <summary>What the API says; a field that it begins with by the name that people call it.</summary>
    public string Said(string said) => Named().Match(said) is { Success: true } field
        ? this["form.wrong.of", Field("", field.Groups["name"].Value), FieldError(said)]
        : FieldError(said);

    /// <summary>The language for a tag such as <c>zh-Hans-CN</c>; null when the pages do not speak it.</summary>
    public static string? Of(string? tag) =>
        tag is null ? null
        : tag.StartsWith("zh", StringComparison.OrdinalIgnoreCase) ? Chinese
        : tag.StartsWith("en", StringComparison.OrdinalIgnoreCase) ? English
        : null;

    /// <summary>Keys of a language.</summary>
    internal static IReadOnlyCollection<string> Keys(string language) => s_all[language].Keys;

    // The API begins with the field's name.
    [GeneratedRegex(@"\A(?<name>[\w.]+): ")]
    private static partial Regex Named();

    private static string Plain(string name) => name.StartsWith(CustomField.Prefix, StringComparison.Ordinal) ? name[CustomField.Prefix.Length..] : name;

    private static FrozenDictionary<string, string> Read(string language)
    {
        var assembly = typeof(Texts).Assembly;
        var texts = new Dictionary<string, string>();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith($"texts/{language}/", StringComparison.Ordinal)))
        {
            using var file = assembly.GetManifestResourceStream(name)!;
            foreach (var (key, text) in JsonSerializer.Deserialize<Dictionary<string, string>>(file)!) texts.Add(key, text);
        }

        return texts.ToFrozenDictionary();
    }
}
