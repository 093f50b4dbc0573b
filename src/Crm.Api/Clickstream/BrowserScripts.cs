using System.Text.Json;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>
/// What analytics.js asks for in a page: its settings, and its own script. The script is another's work, which is not part of
/// this product: an operator puts the files of the npm package's <c>dist/umd</c> into a folder and names it (CRM_ANALYTICS_JS).
/// </summary>
internal static class BrowserScripts
{
    private const string Script = "standalone.js";
    private const string Cached = "public, max-age=300";

    public static void MapBrowserScripts(this IEndpointRouteBuilder routes)
    {
        routes.MapIngest("/v1", CorsSetup.AnyOrigin).MapGet("/projects/{key}/settings", Settings).WithMetadata(new KeyInPath());
        var scripts = routes.MapGroup("").AllowAnonymous().RequireCors(CorsSetup.AnyOrigin).ExcludeFromDescription();
        scripts.MapGet("/analytics.js/v1/{key}/analytics.min.js", context => Send(context, Script));
        scripts.MapGet("/analytics-next/bundles/{file}", context => Send(context, context.Request.RouteValues["file"] as string ?? ""));
    }

    /// <summary>The least that makes it send everything here, and nothing elsewhere.</summary>
    private static async Task Settings(HttpContext context)
    {
        var options = context.RequestServices.GetRequiredService<ApiOptions>();
        var own = options.PublicUrl is { } url ? url.Authority + url.AbsolutePath.TrimEnd('/') : context.Request.Host.Value;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "private, max-age=60";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartObject("integrations");
        json.WriteStartObject("Segment.io");
        json.WriteString("apiKey", context.Request.RouteValues["key"] as string);
        json.WriteString("apiHost", own + "/v1");
        json.WriteString("protocol", options.PublicUrl?.Scheme ?? context.Request.Scheme);
        json.WriteEndObject();
        json.WriteEndObject();
        foreach (var empty in (string[])["plan", "edgeFunction", "middlewareSettings", "enabledMiddleware"])
        {
            json.WriteStartObject(empty);
            json.WriteEndObject();
        }

        json.WriteStartObject("metrics");
        json.WriteNumber("sampleRate", 0);
        json.WriteEndObject();
        json.WriteStartArray("remotePlugins");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static async Task Send(HttpContext context, string file)
    {
        var folder = context.RequestServices.GetRequiredService<ApiOptions>().AnalyticsJs;
        var path = folder is null || !IsScript(file) ? null : Path.Combine(folder, file);
        if (path is null || !File.Exists(path))
        {
            await Problems.Write(context, StatusCodes.Status404NotFound, "no-script", "This script is not here.",
                "The operator has to put the files of dist/umd of the npm package @segment/analytics-next into the folder that CRM_ANALYTICS_JS names.");
            return;
        }

        context.Response.ContentType = "text/javascript; charset=utf-8";
        context.Response.Headers.CacheControl = Cached;
        await context.Response.SendFileAsync(path, context.RequestAborted);
    }

    /// <summary>A plain file name: nothing that leads out of the folder, nothing that is no script.</summary>
    private static bool IsScript(string file) =>
        file.Length <= 100 && file.EndsWith(".js", StringComparison.Ordinal) && file.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    private sealed class KeyInPath : IKeyInRequest
    {
        public ValueTask<string?> Find(HttpContext context) => new(context.Request.RouteValues["key"] as string);
    }
}
