using Crm.Access;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>The tracking protocol's endpoints. Low level on purpose: model binding would cost more than the whole accept path.</summary>
internal static class ClickstreamEndpoints
{
    public static void MapClickstream(this IEndpointRouteBuilder routes)
    {
        var ingest = routes.MapGroup("/v1").RequireAuthorization(Policies.Ingest).RequireCors(CorsSetup.AnyOrigin)
            .WithMetadata(IngestEndpoint.Instance).ExcludeFromDescription();
        foreach (var type in Enum.GetValues<EventType>())
            ingest.MapPost("/" + type.ToString().ToLowerInvariant(), context => Single(context, type));
        ingest.MapPost("/batch", Batch);
    }

    // A body may be longer than its event: white space is free.
    private static Task Single(HttpContext context, EventType type) =>
        Handle(context, single: true, body => SegmentAdapter.ReadSingle(body, type));

    private static Task Batch(HttpContext context) => Handle(context, single: false, SegmentAdapter.ReadBatch);

    private static async Task Handle(HttpContext context, bool single, Func<ReadOnlyMemory<byte>, IncomingBatch> read)
    {
        var acceptance = context.RequestServices.GetRequiredService<Acceptance>();
        var call = acceptance.Begin(context.Request);
        if (call.Closed is { } closed)
        {
            context.Response.Headers.Connection = "close";
            await acceptance.End(call, IngestAnswer.Failed(closed), context.Response);
            return;
        }

        using var body = await RequestBody.Read(context.Request, IngestLimits.BatchBytes);

        // What was not read to its end cannot be followed by another request: tell the client, so that it opens a new connection.
        if (body.Failure is not null) context.Response.Headers.Connection = "close";
        var batch = body.Failure is { } failure ? new IncomingBatch { Failure = failure } : read(body.Bytes);
        var answer = await acceptance.Accept(batch, call, context.User.Source(), single, body.Bytes);
        await acceptance.End(call, answer, context.Response);
    }
}

/// <summary>Marks endpoints whose errors are <c>{"success":false,"message":...}</c> instead of problem details.</summary>
internal sealed class IngestEndpoint
{
    public static readonly IngestEndpoint Instance = new();
}
