using System.Globalization;
using System.Security.Claims;
using Crm.Hosting;

namespace Crm.Access;

/// <summary>
/// What a key that a request presented opens: looked up, then held against its source's origins and its own rate. Wherever a
/// protocol finds its keys, they pass here. A refusal is left as a feature of the request, for whoever answers it.
/// </summary>
internal sealed class KeyDoor(KeyRing ring)
{
    private const int RetryAfterSeconds = 2;

    private static readonly Problem s_unavailable = new(
        StatusCodes.Status503ServiceUnavailable, "key-unknown", "The key cannot be checked now.",
        "The database does not answer, so the key cannot be checked. Send the same request again after the pause.", RetryAfterSeconds);

    private static readonly Problem s_disabled = new(
        StatusCodes.Status403Forbidden, "source-disabled", "The key's source is disabled.", "Enable the source to use its keys.");

    private static readonly Problem s_origin = new(
        StatusCodes.Status403Forbidden, "origin-not-allowed", "Pages of this origin may not use the key.",
        "Add the page's origin to the allowed origins of the key's source, or use the key of another source.");

    /// <summary>Who presents the key; null when the request must not go on.</summary>
    public async ValueTask<ClaimsPrincipal?> Enter(HttpContext context, string secret)
    {
        var answer = await ring.Find(secret, context.RequestAborted);
        if (answer.Unknown) return Refuse(context, s_unavailable);
        if (answer.Key is not { } held) return null;
        if (!held.Key.SourceEnabled) return Refuse(context, s_disabled);
        if (!OriginIsAllowed(context, held.Key.AllowedOrigins)) return Refuse(context, s_origin);
        if (held.Rate is { } rate && Limit(context.Response, rate) is { } limited) return Refuse(context, limited);
        if (context.Request.Headers.ContainsKey(Idempotency.Header)) context.Features.Set(new EnteredKey(held.Key.Id, secret));
        context.Features.Set(held.Actor);
        return held.Caller;
    }

    private static ClaimsPrincipal? Refuse(HttpContext context, Problem problem)
    {
        context.Features.Set(new KeyRefusal(problem));
        return null;
    }

    private static bool OriginIsAllowed(HttpContext context, IReadOnlyList<string> allowed)
    {
        if (allowed.Count == 0 || context.Request.Headers.Origin.ToString() is not { Length: > 0 } origin) return true;
        var check = new OriginCheck(origin, Origins.Allow(allowed, origin));
        context.Features.Set(check);
        return check.Allowed;
    }

    private static Problem? Limit(HttpResponse response, RateWindow rate)
    {
        var answer = rate.Take();
        response.Headers["RateLimit-Policy"] = rate.Policy;
        response.Headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"key\";r={answer.Left};t={answer.EndsInSeconds}");
        return answer.Taken ? null : new Problem(
            StatusCodes.Status429TooManyRequests, "rate-limited", "The key has used up its requests.",
            $"The key may send {rate.Limit} requests a minute. Send the same request again after the pause.", answer.EndsInSeconds);
    }
}

/// <summary>Why a request with a key must not go on.</summary>
internal sealed record KeyRefusal(Problem Problem);

/// <summary>The key by which a request with an <c>Idempotency-Key</c> entered.</summary>
internal sealed record EnteredKey(Guid Id, string Secret);

/// <summary>The origin of a request by a key of a source that allows some only.</summary>
internal sealed record OriginCheck(string Origin, bool Allowed);
