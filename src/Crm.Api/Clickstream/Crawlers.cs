using System.Buffers;

namespace Crm.Clickstream;

/// <summary>
/// The programs that call themselves by name where a browser would: search engines, link previews, site checkers, headless
/// browsers. Only well-known ones whose name no browser of a person contains; who hides is found by how much it sends.
/// </summary>
internal static class Crawlers
{
    private static readonly SearchValues<string> s_names = SearchValues.Create(
        [
            // Search engines. Some words are enough for many of them; the others follow by name.
            "bot/", "spider", "crawler", "Googlebot", "Google-InspectionTool", "GoogleOther", "AdsBot-Google",
            "Mediapartners-Google", "Storebot-Google", "Google-Read-Aloud", "bingbot", "BingPreview", "adidxbot", "YandexBot", "YandexImages",
            "YandexRenderResourcesBot", "YandexMetrika", "Yahoo! Slurp", "DuckDuckBot", "Applebot", "PetalBot", "SeznamBot", "Qwantify", "Sogou web",

            // Models' readers.
            "GPTBot", "ChatGPT-User", "OAI-SearchBot", "ClaudeBot", "Claude-User", "PerplexityBot", "Bytespider", "CCBot", "Amazonbot",
            "meta-externalagent",

            // Previews of links.
            "facebookexternalhit", "Facebot", "Twitterbot", "LinkedInBot", "Pinterestbot", "Slackbot", "Discordbot", "TelegramBot", "SkypeUriPreview",
            "redditbot", "Embedly", "Google-PageRenderer",

            // Checkers of sites, and archives.
            "AhrefsBot", "SemrushBot", "MJ12bot", "DotBot", "Screaming Frog", "SiteAuditBot", "DataForSeoBot", "UptimeRobot", "Pingdom", "StatusCake",
            "Site24x7", "GTmetrix", "Chrome-Lighthouse", "Google Page Speed Insights", "ia_archiver", "archive.org_bot", "HubSpot Crawler",

            // Browsers without a person before them.
            "HeadlessChrome", "PhantomJS", "SlimerJS", "Cypress/", "Prerender (",
        ],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>True when a user agent is one of them.</summary>
    public static bool Contain(ReadOnlySpan<char> userAgent) => userAgent.ContainsAny(s_names);
}
