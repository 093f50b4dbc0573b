using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace Crm.Access;

/// <summary>
/// The CORS answer of sources that allow some origins only. A preflight carries no key: it is granted to origins that any source
/// allows. The request itself is answered by what its own source allows.
/// </summary>
internal sealed class SourceCors(IOptions<CorsOptions> options, ILoggerFactory loggers, SourceCatalog catalog) : CorsService(options, loggers)
{
    public override void EvaluatePreflightRequest(HttpContext context, CorsPolicy policy, CorsResult result)
    {
        base.EvaluatePreflightRequest(context, policy, result);
        if (!catalog.Allows(context.Request.Headers.Origin.ToString())) result.IsOriginAllowed = false;
    }

    public override void ApplyResult(CorsResult result, HttpResponse response)
    {
        if (response.HttpContext.Features.Get<OriginCheck>() is { } check)
        {
            response.Headers.Vary = Microsoft.Extensions.Primitives.StringValues.Concat(response.Headers.Vary, "Origin");
            if (!check.Allowed) return;
            result.AllowedOrigin = check.Origin;
        }

        if (result.IsOriginAllowed) base.ApplyResult(result, response);
    }
}
