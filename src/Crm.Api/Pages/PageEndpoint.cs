using Microsoft.AspNetCore.Components.Endpoints;

namespace Crm.Pages;

/// <summary>Endpoints of pages, as the group that maps them marks them.</summary>
internal sealed class PageEndpoint
{
    public static readonly PageEndpoint Instance = new();

    /// <summary>A page, or the connection that keeps one alive.</summary>
    public static bool Is(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<PageEndpoint>() is not null;

    /// <summary>A page that somebody opens.</summary>
    public static bool IsOpened(HttpContext context) =>
        Is(context) && HttpMethods.IsGet(context.Request.Method) && context.GetEndpoint()!.Metadata.GetMetadata<ComponentTypeMetadata>() is not null;
}
