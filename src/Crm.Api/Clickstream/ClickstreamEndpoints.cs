using Crm.Access;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>Where events come in, by protocol. Low level on purpose: model binding would cost more than the whole accept path.</summary>
internal static class ClickstreamEndpoints
{
    public static void MapClickstream(this IEndpointRouteBuilder routes)
    {
        MapSegment(routes.MapIngest("/v1", CorsSetup.AnyOrigin));
        routes.MapPostHog();
        MapSnowplow(routes.MapIngest("", CorsSetup.WithCookies));
        routes.MapIngest("/v1", CorsSetup.AnyOrigin).MapPost("/cloudevents", context => Handle(context, Protocols.CloudEvents))
            .WithMetadata(Protocols.CloudEvents);
        routes.MapBrowserScripts();
    }

    /// <summary>A group of endpoints that take events with any valid key, from pages of any origin.</summary>
    public static RouteGroupBuilder MapIngest(this IEndpointRouteBuilder routes, string prefix, string cors) =>
        routes.MapGroup(prefix).RequireAuthorization(Policies.Ingest).RequireCors(cors)
            .WithMetadata(IngestEndpoint.Instance).ExcludeFromDescription();

    /// <summary>Takes a request of a protocol, and answers it.</summary>
    public static async Task Handle(HttpContext context, Protocol protocol, Func<IngestAnswer, HttpResponse, Task>? accepted = null)
    {
        var acceptance = context.RequestServices.GetRequiredService<Acceptance>();
        var call = acceptance.Begin(context.Request) with { IsLimited = context.GetEndpoint()?.Metadata.GetMetadata<ImportEndpoint>() is null };
        if (call.Closed is { } closed)
        {
            context.Response.Headers.Connection = "close";
            await acceptance.End(call, IngestAnswer.Failed(closed), context.Response);
            return;
        }

        using var body = await RequestBody.Of(context);
        if (context.Features.Get<PresentedKey>() is { } key) body.Blot(key.Secret);
        var batch = body.Failure is { } failure ? new IncomingBatch { Failure = failure } : protocol.Read(context.Request, body.Bytes);
        var answer = await acceptance.Accept(batch, call, context.User.Source(), batch.Single, body.Bytes, context.User.IsServer());
        await acceptance.End(call, answer, context.Response, accepted);
    }

    private static void MapSegment(RouteGroupBuilder ingest)
    {
        foreach (var type in Enum.GetValues<EventType>())
        {
            var name = type.ToString().ToLowerInvariant();
            var call = Protocols.SegmentCall(type);
            Map(name, call);
            Map(name[..1], call);
        }

        Map("batch", Protocols.SegmentBatch);
        Map("b", Protocols.SegmentBatch);
        Map("import", Protocols.SegmentBatch).WithMetadata(ImportEndpoint.Instance);

        // What a client measures of itself: taken, so that it does not try again, and not kept. It comes without a key.
        ingest.MapPost("/m", context => IngestAnswer.Accepted(null, 0).Write(context.Response)).AllowAnonymous();

        IEndpointConventionBuilder Map(string name, Protocol protocol) => ingest.MapPost("/" + name, context => Handle(context, protocol)).WithMetadata(protocol);
    }

    private static void MapSnowplow(RouteGroupBuilder ingest)
    {
        ingest.MapPost("/com.snowplowanalytics.snowplow/tp2", context => Handle(context, Protocols.Snowplow)).WithMetadata(Protocols.Snowplow);
        ingest.MapGet("/i", context => Handle(context, Protocols.SnowplowPixel, Pixel)).WithMetadata(Protocols.SnowplowPixel);
    }

    /// <summary>Browsers send this one as the address of a picture: only a picture is success to them.</summary>
    private static async Task Pixel(IngestAnswer answer, HttpResponse response)
    {
        response.ContentType = "image/gif";
        response.Headers.CacheControl = "no-store";
        if (answer.Position is not null) response.Headers[IngestAnswer.PositionHeader] = answer.Position;
        await response.Body.WriteAsync(s_pixel, CancellationToken.None);
    }

    private static readonly byte[] s_pixel = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");
}

/// <summary>Marks endpoints whose errors are <c>{"success":false,"message":...}</c> instead of problem details.</summary>
internal sealed class IngestEndpoint
{
    public static readonly IngestEndpoint Instance = new();
}

/// <summary>Marks endpoints that take in what happened before, as fast as it comes: no customer's rate is limited there.</summary>
internal sealed class ImportEndpoint
{
    public static readonly ImportEndpoint Instance = new();
}
