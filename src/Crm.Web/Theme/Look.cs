using Crm.Language;
using Microsoft.AspNetCore.Http;

namespace Crm.Theme;

/// <summary>What the browser says of whoever looks, so that the first picture is right already.</summary>
public sealed record Look
{
    public const string LanguageCookie = "crm_lang";
    public const string ThemeCookie = "crm_theme";

    public string Language { get; init; } = Texts.English;

    /// <summary>An IANA time zone; null when it is not known yet.</summary>
    public string? Zone { get; init; }

    /// <summary><c>light</c>, <c>dark</c>, or <c>system</c>.</summary>
    public string Theme { get; init; } = "system";

    public bool Dark { get; init; }

    /// <summary>Of a request: what was chosen, else what the browser asks for.</summary>
    public static Look Of(HttpRequest request)
    {
        var theme = request.Cookies[ThemeCookie] is "light" or "dark" ? request.Cookies[ThemeCookie]! : "system";
        return new Look
        {
            Language = Texts.Of(request.Cookies[LanguageCookie]) ?? Accepted(request) ?? Texts.English,
            Zone = request.Cookies["crm_zone"],
            Theme = theme,
            Dark = theme == "dark" || (theme == "system" && request.Cookies["crm_dark"] == "1"),
        };
    }

    /// <summary>Makes the pages speak so.</summary>
    public void Apply(Texts texts, Formats formats)
    {
        texts.Language = Language;
        if (Zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out var zone)) formats.Zone = zone;
    }

    private static string? Accepted(HttpRequest request) =>
        request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1).Select(l => Texts.Of(l.Value.ToString())).FirstOrDefault(l => l is not null);
}
