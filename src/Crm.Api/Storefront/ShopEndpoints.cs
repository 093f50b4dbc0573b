using System.Text;
using System.Text.Encodings.Web;
using Crm.Hosting;
using Crm.Live;

namespace Crm.Storefront;

/// <summary>
/// <c>/shop</c>: a small shop whose page tells of itself by <c>crm.js</c>, to see it at work in a real browser. It is there only
/// where a write key was given for it (<c>CRM_SHOP_KEY</c>); the key stands in the page, as in any shop's.
/// </summary>
internal static class ShopEndpoints
{
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapShop(this IEndpointRouteBuilder routes, ApiOptions options)
    {
        if (options.ShopKey is not { } key) return;
        var page = Encoding.UTF8.GetString(LivePage.File("shop.html")).Replace("{{key}}", HtmlEncoder.Default.Encode(key), StringComparison.Ordinal);
        var shop = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();

        // The page walks through its own addresses; whichever is opened first, it is the same page.
        Map(shop, "/shop/{**place}", "text/html; charset=utf-8", Encoding.UTF8.GetBytes(page));
        Map(shop, "/shop.css", "text/css; charset=utf-8", LivePage.File("shop.css"));
        foreach (var name in (string[])["shop.js", "shop-goods.js", "shop-texts.js"])
            Map(shop, "/" + name, "text/javascript; charset=utf-8", LivePage.File(name));
    }

    private static void Map(IEndpointRouteBuilder routes, string path, string contentType, byte[] bytes) => routes.MapGet(path, context =>
    {
        var response = context.Response;
        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        response.Headers.CacheControl = "no-cache";
        response.Headers.ContentSecurityPolicy = ContentPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        return response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    });
}
