namespace Crm.Pages;

/// <summary>An address that somebody opened in a browser, and that is none: a page says so.</summary>
internal static class MissingPage
{
    /// <summary>Answers it with the page, and with 404.</summary>
    public static void UseMissingPage(this IApplicationBuilder app) =>
        app.UseWhen(Is, pages => pages.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true));

    /// <summary>Whether a person opens it, by what the browser wants to have.</summary>
    public static bool Is(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) && !context.Request.Path.StartsWithSegments("/api") && !context.Request.Path.StartsWithSegments("/v1")
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
