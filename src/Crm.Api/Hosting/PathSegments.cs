using Microsoft.AspNetCore.Http.Features;

namespace Crm.Hosting;

/// <summary>Ids in paths as they were before URL-encoding. Routing leaves %2F encoded, so one with a slash is read from the raw path.</summary>
internal static class PathSegments
{
    /// <summary>The segment of a route value. <paramref name="at"/>: its place in the path, the first one is 0.</summary>
    public static string Decoded(HttpContext context, string name, int at)
    {
        var routed = (string)context.Request.RouteValues[name]!;
        if (!routed.Contains('%', StringComparison.Ordinal)) return routed;
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var end = raw.IndexOf('?', StringComparison.Ordinal);
        var segments = (end < 0 ? raw : raw[..end]).Split('/');
        return at + 1 < segments.Length ? Uri.UnescapeDataString(segments[at + 1]) : routed;
    }
}
