namespace Crm.Pages;

/// <summary>Files that must stand at the root: what they say holds for the folder in which they are.</summary>
internal static class InstallFiles
{
    private static readonly (string Path, string Type)[] s_files =
    [
        ("/manifest.webmanifest", "application/manifest+json"), ("/sw.js", "text/javascript; charset=utf-8"),
        ("/offline.html", "text/html; charset=utf-8"), ("/offline.js", "text/javascript; charset=utf-8"),
    ];

    public static void MapInstallFiles(this IEndpointRouteBuilder routes)
    {
        foreach (var (path, type) in s_files)
        {
            routes.MapGet(path, async (HttpContext context, IWebHostEnvironment host) =>
            {
                var file = host.WebRootFileProvider.GetFileInfo("_content/Crm.Web" + path);
                context.Response.ContentType = type;
                context.Response.Headers.CacheControl = "no-cache";
                context.Response.Headers.XContentTypeOptions = "nosniff";
                await context.Response.SendFileAsync(file, context.RequestAborted);
            }).AllowAnonymous().ExcludeFromDescription();
        }
    }
}
