using Crm.Live;

namespace Crm.Documentation;

/// <summary>The description as a page at <c>/docs</c>: all of it comes from here.</summary>
internal static class DocsPage
{
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapDocs(this IEndpointRouteBuilder routes)
    {
        var page = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        Map(page, "/docs", "docs.html", "text/html; charset=utf-8");
        Map(page, "/docs.css", "docs.css", "text/css; charset=utf-8");
        Map(page, "/docs.js", "docs.js", "text/javascript; charset=utf-8");
    }

    private static void Map(IEndpointRouteBuilder page, string path, string file, string contentType)
    {
        var bytes = LivePage.File(file);
        page.MapGet(path, context =>
        {
            var response = context.Response;
            response.Headers.ContentSecurityPolicy = ContentPolicy;
            response.Headers.XContentTypeOptions = "nosniff";
            response.Headers["Referrer-Policy"] = "no-referrer";
            response.Headers.CacheControl = "no-cache";
            (response.ContentType, response.ContentLength) = (contentType, bytes.Length);
            return response.Body.WriteAsync(bytes).AsTask();
        });
    }
}
