using Crm.Clickstream;

namespace Crm.Hosting;

/// <summary>Browsers may send events from any shop's pages: the write key says which, and cookies play no part.</summary>
internal static class CorsSetup
{
    public const string AnyOrigin = "ingest";

    private static readonly TimeSpan s_preflightAge = TimeSpan.FromHours(2);

    public static void AddIngestCors(this IServiceCollection services) => services.AddCors(cors => cors.AddPolicy(AnyOrigin, policy => policy
        .AllowAnyOrigin()
        .WithMethods("POST")
        .WithHeaders("authorization", "content-type", "content-encoding", "x-retry-count")
        .WithExposedHeaders(IngestAnswer.PositionHeader, "Retry-After", "RateLimit", "RateLimit-Policy")
        .SetPreflightMaxAge(s_preflightAge)));
}
