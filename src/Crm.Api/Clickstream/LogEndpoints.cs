using System.Text.Json;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>How far the log and its partitions are.</summary>
internal static class LogEndpoints
{
    public static void MapLog(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/log", Get).RequireAuthorization(Policies.Watch).ExcludeFromDescription();

    private static async Task Get(HttpContext context)
    {
        var log = context.RequestServices.GetRequiredService<LogIdentity>();
        var partitions = context.RequestServices.GetRequiredService<PartitionReads>();
        var all = await partitions.All(context.RequestAborted);
        var known = all.OfType<PartitionProgress>().ToArray();

        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("logId", log.Id);
        json.WriteNumber("unreachable", all.Length - known.Length);
        json.WriteNumber("lagMs", known.Length == 0 ? 0 : known.Max(p => p.LagMs));
        json.WriteNumber("historyLagMs", known.Length == 0 ? 0 : known.Max(p => p.HistoryLagMs));
        json.WriteStartArray("partitions");
        foreach (var partition in known) Write(json, partition);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PartitionProgress progress)
    {
        json.WriteStartObject();
        json.WriteNumber("partition", progress.Partition);
        json.WriteBoolean("current", progress.Current);
        json.WriteNumber("head", progress.Head);
        json.WriteNumber("applied", progress.Applied);
        json.WriteNumber("checkpoint", progress.Checkpoint);
        json.WriteNumber("history", progress.History);
        json.WriteNumber("lagMs", progress.LagMs);
        json.WriteNumber("historyLagMs", progress.HistoryLagMs);
        json.WriteNumber("parked", progress.Parked);
        json.WriteEndObject();
    }
}
