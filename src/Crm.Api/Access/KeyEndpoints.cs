using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Access;

/// <summary>A key as it is answered.</summary>
/// <param name="Key">The key itself: only in the answer that makes it.</param>
/// <param name="State"><c>working</c>, <c>expired</c> or <c>revoked</c>.</param>
internal sealed record KeyView(
    Guid Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key,
    string Kind,
    string Name,
    string Source,
    string Prefix,
    IReadOnlyList<string> Scopes,
    int? RateLimit,
    string State,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt,
    Guid? ReplacedBy)
{
    public static KeyView Of(ApiKey key, DateTimeOffset now, string? secret = null) => new(
        key.Id, secret, key.Kind == ApiKeyKind.Write ? "write" : "server", key.Name, key.Source, key.Prefix, key.Scopes, key.RateLimit,
        key.RevokedAt is not null ? "revoked" : key.ExpiresAt <= now ? "expired" : "working",
        key.CreatedAt, key.ExpiresAt, key.RevokedAt, key.LastUsedAt, key.ReplacedBy);
}

/// <summary>A key to be made.</summary>
/// <param name="Kind"><c>write</c> (for pages and apps: only sends) or <c>server</c>.</param>
/// <param name="Scopes">What a server key may do: ingest, read, admin.</param>
/// <param name="RateLimit">Requests a minute that one API process takes; null for as many as come.</param>
internal sealed record KeyCreation(string Kind, string Name, IReadOnlyList<string>? Scopes, int? RateLimit);

/// <summary>A rotation. <paramref name="ValidUntil"/>: until when the old key works; a day from now when it is left out.</summary>
internal sealed record KeyRotation(DateTimeOffset? ValidUntil);

/// <summary>Keys of sources, by those who may administer them.</summary>
internal static class KeyEndpoints
{
    private static readonly TimeSpan s_overlap = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_maxOverlap = TimeSpan.FromDays(90);

    private static readonly Problem s_unknown = new(
        StatusCodes.Status404NotFound, "key-unknown", "There is no such key.", "GET /api/v1/keys lists them.");

    private static readonly Problem s_ended = new(
        StatusCodes.Status409Conflict, "key-ended", "The key works no longer, or was rotated before.", "Make a new key of its source.");

    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/api/v1").RequireAuthorization(Policies.ManageAccess).WithTags("Keys");
        keys.MapGet("/keys", List).WithName("listKeys").WithSummary("Keys, oldest first; of one source with ?source=").Produces<PageOf<KeyView>>();
        keys.MapGet("/keys/{id:guid}", Get).WithName("getKey").WithSummary("A key, without its secret").Produces<KeyView>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        keys.MapPost("/sources/{id}/keys", Create).WithName("createKey").WithSummary("Makes a key; the answer is the only place where it ever stands")
            .WithMetadata(IdempotentEndpoint.Instance).Takes<KeyCreation>().Produces<KeyView>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        keys.MapPost("/keys/{id:guid}/rotate", Rotate).WithName("rotateKey").WithSummary("Makes a key in another's place, which works for a while longer")
            .WithMetadata(IdempotentEndpoint.Instance).Takes<KeyRotation>().Produces<KeyView>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        keys.MapDelete("/keys/{id:guid}", Revoke).WithName("revokeKey").WithSummary("Ends a key; again changes nothing")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> List(HttpContext context, ApiKeys keys, TimeProvider clock)
    {
        if (!RecordRequests.TryPage(context.Request, out var limit, out var cursor, out var problem)) return problem;
        Guid? after = null;
        if (cursor is not null)
        {
            if (!Guid.TryParse(cursor, out var last)) return RecordRequests.BadCursor;
            after = last;
        }

        var source = context.Request.Query["source"].ToString();
        var found = await keys.List(source.Length == 0 ? null : source, after, limit + 1, context.RequestAborted);
        return RecordRequests.Page(context, found, limit, k => KeyView.Of(k, clock.GetUtcNow()), k => k.Id.ToString());
    }

    private static async Task<IResult> Get(Guid id, HttpContext context, ApiKeys keys, TimeProvider clock) =>
        await keys.Get(id, context.RequestAborted) is { } key ? Results.Ok(KeyView.Of(key, clock.GetUtcNow())) : s_unknown;

    private static async Task<IResult> Create(HttpContext context, Sources sources, ApiKeys keys, TimeProvider clock)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (await sources.Get(SourceEndpoints.Id(context), context.RequestAborted) is not { } source) return SourceEndpoints.Unknown;
        if (Order(source.Id, body, out var errors) is not { } order) return RecordRequests.BadFields(errors);
        try
        {
            return Made(context, await keys.Create(order, context.Cause(), context.RequestAborted), clock);
        }
        catch (ArgumentException wrong)
        {
            return RecordRequests.BadFields(new Dictionary<string, string> { ["scopes"] = wrong.Message });
        }
    }

    private static async Task<IResult> Rotate(Guid id, HttpContext context, ApiKeys keys, TimeProvider clock)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var now = clock.GetUtcNow();
        if (Until(body, now) is not { } until)
        {
            return RecordRequests.BadFields(new Dictionary<string, string>
            {
                ["validUntil"] = $"validUntil: It is a time from now on and within {s_maxOverlap.TotalDays:0} days, such as {now + s_overlap:yyyy-MM-dd'T'HH:mm:ss'Z'}.",
            });
        }

        if (await keys.Get(id, context.RequestAborted) is null) return s_unknown;
        return await keys.Rotate(id, until, context.Cause(), context.RequestAborted) is { } made ? Made(context, made, clock) : s_ended;
    }

    private static async Task<IResult> Revoke(Guid id, HttpContext context, ApiKeys keys) =>
        await keys.Revoke(id, context.Cause(), context.RequestAborted) || await keys.Get(id, context.RequestAborted) is not null ? Results.NoContent() : s_unknown;

    private static IResult Made(HttpContext context, NewApiKey made, TimeProvider clock)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Results.Created($"/api/v1/keys/{made.Key.Id}", KeyView.Of(made.Key, clock.GetUtcNow(), made.Secret));
    }

    private static KeyOrder? Order(string source, JsonObject body, out Dictionary<string, string> errors)
    {
        errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var kind = SourceFields.Text(body["kind"]);
        var name = SourceFields.Text(body["name"]);
        if (kind is not ("write" or "server")) errors["kind"] = "kind: It is write or server.";
        if (!ApiKeys.IsName(name)) errors["name"] = $"name: It is 1 to {ApiKeys.MaxNameLength} printable characters.";
        string[]? scopes = null;
        if (body["scopes"] is { } given)
        {
            scopes = given is JsonArray list ? [.. list.Select(SourceFields.Text).OfType<string>()] : [];
            if (scopes.Length == 0 || scopes.Length != ((JsonArray)given).Count) errors["scopes"] = $"scopes: It is a list of: {string.Join(", ", Scopes.All)}.";
        }

        int? rate = null;
        if (body["rateLimit"] is { } limit)
        {
            rate = SourceFields.Whole(limit);
            if (rate is not (>= 1 and <= ApiKeys.MaxRateLimit)) errors["rateLimit"] = $"rateLimit: It is 1 to {ApiKeys.MaxRateLimit} requests a minute, or null.";
        }

        foreach (var (member, _) in body)
            if (member is not ("kind" or "name" or "scopes" or "rateLimit")) errors[member] = $"{member}: A new key has no such field.";
        return errors.Count > 0 ? null : new KeyOrder(kind == "write" ? ApiKeyKind.Write : ApiKeyKind.Server, name!, source, scopes, rate);
    }

    private static DateTimeOffset? Until(JsonObject body, DateTimeOffset now)
    {
        if (body.Any(m => m.Key != "validUntil")) return null;
        if (body["validUntil"] is not { } given) return now + s_overlap;
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal;
        return DateTimeOffset.TryParse(SourceFields.Text(given), CultureInfo.InvariantCulture, Utc, out var until)
            && until >= now.AddMinutes(-1) && until <= now + s_maxOverlap ? until : null;
    }
}
