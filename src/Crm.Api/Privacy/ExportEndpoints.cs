using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Records;

namespace Crm.Privacy;

/// <summary>
/// All that is held of a person, as one JSON document. It is streamed page by page, at the reader's speed; a document that breaks
/// off has no <c>"complete":true</c> at its end.
/// </summary>
internal static class ExportEndpoints
{
    private const int PageRows = 200;

    public static void MapExport(this RouteGroupBuilder customers) => customers.MapGet("/{id}/export", Get);

    private static async Task Get(HttpContext context)
    {
        var found = await CustomerEndpoints.Find(context);
        if (found.View is not { } view) return;
        var response = context.Response;
        var stop = context.RequestAborted;

        // Before anything is sent. Whose it was stands in what an erasure takes away.
        await context.RequestServices.GetRequiredService<RecordAudit>().Write(
            "customer", "", "export", new JsonObject { ["id"] = view.Id }.ToJsonString(), RecordCommands.Cause(context), stop);
        response.ContentType = "application/json";
        response.Headers.ContentDisposition = "attachment; filename=\"customer.json\"";
        await using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("id", view.Id);
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        CustomerJson.Time(json, "exportedAt", now.ToUnixTimeMilliseconds());
        json.WriteStartArray("ids");
        foreach (var lane in view.Lanes) json.WriteStringValue(lane);
        json.WriteEndArray();
        json.WritePropertyName("profile");
        CustomerJson.Write(json, view, now, found.LagMs);
        await History(context, json, view.Lanes);
        await Others(context, json, view);
        json.WriteBoolean("complete", true);
        json.WriteEndObject();
        await json.FlushAsync(stop);
    }

    private static async Task History(HttpContext context, Utf8JsonWriter json, IReadOnlyList<string> lanes)
    {
        var history = context.RequestServices.GetRequiredService<IHistory>();
        json.WriteStartArray("history");
        HistoryCursor? before = null;
        do
        {
            var page = await history.Read(lanes, before, PageRows, new HistoryFilter(), context.RequestAborted);
            foreach (var item in page.Items) HistoryJson.Item(json, item);
            before = page.Next;
            await json.FlushAsync(context.RequestAborted);
        }
        while (before is not null);
        json.WriteEndArray();
    }

    private static async Task Others(HttpContext context, Utf8JsonWriter json, CustomerView view)
    {
        var records = context.RequestServices.GetRequiredService<IPersonalRecords>();
        string[] mentions = [.. view.Lanes.Select(l => l[2..]).Concat(view.ExternalIds.Values.SelectMany(v => v)).Distinct(StringComparer.Ordinal)];
        json.WriteStartArray("notCounted");
        await foreach (var record in records.Read(view.Lanes, mentions, context.RequestAborted))
        {
            json.WriteStartObject();
            json.WriteString("table", record.Table);
            CustomerJson.Time(json, "at", record.At?.ToUnixTimeMilliseconds());
            json.WriteString("reason", record.Reason);
            json.WriteString("content", Encoding.UTF8.GetString(record.Content.Span));
            json.WriteEndObject();
            await json.FlushAsync(context.RequestAborted);
        }

        json.WriteEndArray();
    }
}
