using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using Crm.Live;
using Microsoft.Net.Http.Headers;

namespace Crm.Storefront;

/// <summary>
/// <c>GET /crm.js</c>: our tracker for shops' pages. Anybody may fetch it, from any site's page; it holds no secret.
/// </summary>
internal static class TrackerEndpoint
{
    // An hour old is new enough; older, it is used once more while the browser asks for a newer one.
    private const string Caching = "public, max-age=3600, stale-while-revalidate=86400";

    public static void MapTracker(this IEndpointRouteBuilder routes)
    {
        var plain = LivePage.File("crm.js");
        var zipped = Zip(plain);
        var hash = Base64Url.EncodeToString(SHA256.HashData(plain).AsSpan(0, 12));
        var forms = new { Plain = (Bytes: plain, ETag: $"\"{hash}\""), Zipped = (Bytes: zipped, ETag: $"\"{hash}-gzip\"") };
        routes.MapMethods("/crm.js", [HttpMethods.Get, HttpMethods.Head], context =>
        {
            var zip = TakesGzip(context.Request);
            return Write(context, zip ? forms.Zipped.Bytes : forms.Plain.Bytes, zip ? forms.Zipped.ETag : forms.Plain.ETag, zip);
        }).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task Write(HttpContext context, byte[] bytes, string tag, bool zipped)
    {
        var headers = context.Response.Headers;
        headers.ETag = tag;
        headers.CacheControl = Caching;
        headers.Vary = HeaderNames.AcceptEncoding;
        headers.AccessControlAllowOrigin = "*";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        headers.XContentTypeOptions = "nosniff";
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Tag == tag || known.Tag == "*"))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = "text/javascript; charset=utf-8";
        context.Response.ContentLength = bytes.Length;
        if (zipped) headers.ContentEncoding = "gzip";
        if (HttpMethods.IsGet(context.Request.Method)) await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private static bool TakesGzip(HttpRequest request) =>
        request.GetTypedHeaders().AcceptEncoding.Any(coding => coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && coding.Quality is null or > 0);

    private static byte[] Zip(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.SmallestSize)) gzip.Write(bytes);
        return zipped.ToArray();
    }
}
