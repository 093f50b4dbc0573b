using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Crm.Live;

/// <summary>The page's files, read once from this assembly, in the languages that it speaks.</summary>
internal static class LivePage
{
    public const string LanguageCookie = "crm_lang";

    private const string English = "en";
    private const string Chinese = "zh-CN";

    private static readonly FrozenDictionary<string, FrozenDictionary<string, string>> s_texts =
        new[] { English, Chinese }.ToFrozenDictionary(l => l, Texts);

    private static readonly string s_live = Text("live.html");
    private static readonly string s_token = Text("token.html");

    /// <summary>A file as bytes.</summary>
    public static byte[] File(string name)
    {
        using var stream = typeof(LivePage).Assembly.GetManifestResourceStream("wwwroot/" + name)
            ?? throw new InvalidOperationException($"The page's file {name} is not in the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The live page.</summary>
    public static string Live(string language) => Fill(s_live, language, null);

    /// <summary>The form that asks for the token; <paramref name="problem"/> names a text that says what was wrong.</summary>
    public static string Token(string language, string? problem) => Fill(s_token, language, problem);

    /// <summary>The chosen language, else the first that browser and page have in common, else English.</summary>
    public static string Language(HttpRequest request)
    {
        if (request.Cookies[LanguageCookie] is { } chosen && s_texts.ContainsKey(chosen)) return chosen;
        var accepted = request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1);
        foreach (var language in accepted)
        {
            if (Of(language.Value.ToString()) is { } spoken) return spoken;
        }

        return English;
    }

    /// <summary>The page's language for a tag such as <c>zh-Hans-CN</c>; null when it does not speak it.</summary>
    public static string? Of(string tag) =>
        tag.StartsWith("zh", StringComparison.OrdinalIgnoreCase) ? Chinese
        : tag.StartsWith("en", StringComparison.OrdinalIgnoreCase) ? English
        : null;

    private static string Fill(string template, string language, string? problem)
    {
        var texts = s_texts[language];
        var page = template.Replace("{{problem}}", problem is null ? "" : HtmlEncoder.Default.Encode(texts[problem]), StringComparison.Ordinal);
        // The default encoder escapes < and &: no text can end the script element that holds them.
        page = page.Replace("{{texts}}", JsonSerializer.Serialize<IReadOnlyDictionary<string, string>>(texts), StringComparison.Ordinal);
        foreach (var (key, text) in texts) page = page.Replace("{{" + key + "}}", HtmlEncoder.Default.Encode(text), StringComparison.Ordinal);
        return page;
    }

    private static FrozenDictionary<string, string> Texts(string language) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(File($"texts.{language}.json"))!.ToFrozenDictionary();

    private static string Text(string name) => System.Text.Encoding.UTF8.GetString(File(name));
}
