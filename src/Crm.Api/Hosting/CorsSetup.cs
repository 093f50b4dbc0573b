using Crm.Clickstream;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Crm.Hosting;

/// <summary>Browsers may send events from any shop's pages: the write key says which, and cookies play no part.</summary>
internal static class CorsSetup
{
    /// <summary>Any page.</summary>
    public const string AnyOrigin = "ingest";

    /// <summary>Any page, by clients that send cookies whether they are wanted or not: browsers then want the page named.</summary>
    public const string WithCookies = "ingest-with-cookies";

    private static readonly TimeSpan s_preflightAge = TimeSpan.FromHours(2);

    public static void AddIngestCors(this IServiceCollection services) => services.AddCors(cors =>
    {
        cors.AddPolicy(AnyOrigin, policy => Ingest(policy).AllowAnyOrigin());
        cors.AddPolicy(WithCookies, policy => Ingest(policy).SetIsOriginAllowed(_ => true).AllowCredentials());
    });

    // Each client has headers of its own, beside authorization, content-type and x-retry-count; none of them does anything.
    private static CorsPolicyBuilder Ingest(CorsPolicyBuilder policy) => policy
        .WithMethods("GET", "POST")
        .AllowAnyHeader()
        .WithExposedHeaders(IngestAnswer.PositionHeader, "Retry-After", "RateLimit", "RateLimit-Policy")
        .SetPreflightMaxAge(s_preflightAge);
}
