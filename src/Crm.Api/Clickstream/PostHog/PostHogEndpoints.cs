using System.Text.Json;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>The addresses of PostHog's clients: events, and the question which feature flags are on.</summary>
internal static class PostHogEndpoints
{
    public static void MapPostHog(this IEndpointRouteBuilder routes)
    {
        var ingest = routes.MapIngest("", CorsSetup.AnyOrigin);
        foreach (var path in (string[])["/batch/", "/capture/", "/e/", "/i/v0/e/"])
            ingest.MapPost(path, context => ClickstreamEndpoints.Handle(context, Protocols.PostHog)).WithMetadata(Protocols.PostHog);
        foreach (var path in (string[])["/flags/", "/decide/"])
            ingest.MapPost(path, Flags).WithMetadata(Protocols.PostHog);
    }

    /// <summary>
    /// There are no flags: that is the whole answer, in the forms that the clients' versions read, with the settings of a browser
    /// client beside it. Nothing that would be recorded in a page is wanted.
    /// </summary>
    private static async Task Flags(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartObject("flags");
        json.WriteEndObject();
        json.WriteStartObject("featureFlags");
        json.WriteEndObject();
        json.WriteStartObject("featureFlagPayloads");
        json.WriteEndObject();
        json.WriteBoolean("errorsWhileComputingFlags", false);
        json.WriteString("requestId", Guid.CreateVersion7(context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow()));
        json.WriteStartArray("supportedCompression");
        json.WriteStringValue("gzip");
        json.WriteStringValue("gzip-js");
        json.WriteEndArray();
        foreach (var off in (string[])["sessionRecording", "surveys", "heatmaps", "capturePerformance", "autocaptureExceptions", "isAuthenticated"])
            json.WriteBoolean(off, false);
        json.WriteEndObject();
    }
}
