using System.Text.Json;
using Crm.Hosting;
using Crm.Segments;

namespace Crm.Clickstream;

/// <summary>The addresses of PostHog's clients: events, and the question which feature flags are on.</summary>
internal static class PostHogEndpoints
{
    private static readonly Dictionary<string, bool> s_none = [];

    public static void MapPostHog(this IEndpointRouteBuilder routes)
    {
        var ingest = routes.MapIngest("", CorsSetup.AnyOrigin);
        foreach (var path in (string[])["/batch/", "/capture/", "/e/", "/i/v0/e/"])
            ingest.MapPost(path, context => ClickstreamEndpoints.Handle(context, Protocols.PostHog)).WithMetadata(Protocols.PostHog);
        foreach (var path in (string[])["/flags/", "/decide/"])
            ingest.MapPost(path, Flags).WithMetadata(Protocols.PostHog);
    }

    /// <summary>
    /// Segments that may be asked for so, in the forms that the clients' versions read, with the settings of a browser client beside them.
    /// Nothing that would be recorded in a page is wanted.
    /// </summary>
    private static async Task Flags(HttpContext context)
    {
        var body = await RequestBody.Of(context);
        var flags = body.Failure is not null ? null
            : await context.RequestServices.GetRequiredService<SegmentFlags>().Of(PostHogBody.DistinctId(PostHogBody.Unwrap(body.Bytes)), context.RequestAborted);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartObject("flags");
        foreach (var (key, on) in flags ?? s_none) Flag(json, key, on);
        json.WriteEndObject();
        json.WriteStartObject("featureFlags");
        foreach (var (key, on) in flags ?? s_none) json.WriteBoolean(key, on);
        json.WriteEndObject();
        json.WriteStartObject("featureFlagPayloads");
        json.WriteEndObject();
        json.WriteBoolean("errorsWhileComputingFlags", flags is null);
        json.WriteString("requestId", Guid.CreateVersion7(context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow()));
        json.WriteStartArray("supportedCompression");
        json.WriteStringValue("gzip");
        json.WriteStringValue("gzip-js");
        json.WriteEndArray();
        foreach (var off in (string[])["sessionRecording", "surveys", "heatmaps", "capturePerformance", "autocaptureExceptions", "isAuthenticated"])
            json.WriteBoolean(off, false);
        json.WriteEndObject();
    }

    private static void Flag(Utf8JsonWriter json, string key, bool on)
    {
        json.WriteStartObject(key);
        json.WriteString("key", key);
        json.WriteBoolean("enabled", on);
        json.WriteNull("variant");
        json.WriteStartObject("reason");
        json.WriteString("code", on ? "condition_match" : "no_condition_match");
        json.WriteNumber("condition_index", 0);
        json.WriteString("description", on ? "In the segment" : "Not in the segment");
        json.WriteEndObject();
        json.WriteStartObject("metadata");
        json.WriteNumber("id", 0);
        json.WriteNumber("version", 1);
        json.WriteNull("payload");
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
