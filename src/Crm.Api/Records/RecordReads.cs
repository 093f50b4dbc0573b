using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Hosting;

namespace Crm.Records;

/// <summary>Lists of records, and one of them.</summary>
internal static class RecordReads
{
    public static readonly Problem TooSlow = new(
        StatusCodes.Status422UnprocessableEntity, "too-slow", "The question takes longer than two seconds.",
        "Narrow the filter, sort by another field, or leave out count.");

    public static async Task<IResult> List(HttpContext context, RecordKind kind)
    {
        var (request, problem) = await ListRequest.Read(context, kind, RecordAction.Read);
        if (request is null) return problem!;
        if (request.Apart is { } alone) return alone;
        var lists = context.RequestServices.GetRequiredService<RecordLists>();
        try
        {
            var (page, isLast) = await lists.Page(request.Query, context.RequestAborted);
            var fields = context.Fields(kind.Name);
            var items = page.Select(r => RecordJson.Of(r.State, context.Actor(), fields)).ToArray();
            await RecordExpand.Fill(context, items, request.Expand);
            if (request.Query.Deleted) await Deleters(context, kind, items);
            if (request.Fields is { } only) items = [.. items.Select(i => RecordJson.Only(i, [.. only, .. request.Expand.Select(e => e.Field.Name)]))];
            var json = new JsonObject
            {
                ["items"] = new JsonArray([.. items.Select(i => (JsonNode)i)]),
                ["next"] = isLast ? null : RecordCursor.Write(request.Question, page[^1].SortValue, page[^1].State.Id),
            };
            if (request.Sum is { } money) await Sum(context, request, money, lists, json);
            else if (request.Count) json["count"] = await lists.Count(request.Query, context.RequestAborted);
            context.Response.Headers.CacheControl = "private, no-cache";
            return Results.Json(json, RecordJson.Options);
        }
        catch (ListTooSlowException)
        {
            return TooSlow;
        }
        catch (BadPlaceException)
        {
            return ListRequest.BadCursor;
        }
    }

    private static async Task Sum(HttpContext context, ListRequest request, Field money, RecordLists lists, JsonObject json)
    {
        var settings = await context.RequestServices.GetRequiredService<IGrainFactory>().Company().Get().WaitAsync(context.RequestAborted);
        var sum = await lists.Sum(request.Query, money, context.RequestAborted);
        json["count"] = sum.Count;
        json["sum"] = new JsonObject
        {
            ["amount"] = Currencies.Format(sum.Worth, settings.BaseCurrency), ["currency"] = settings.BaseCurrency, ["withoutWorth"] = sum.WithoutWorth,
        };
    }

    private static async Task Deleters(HttpContext context, RecordKind kind, IReadOnlyList<JsonObject> records)
    {
        var audit = context.RequestServices.GetRequiredService<RecordAudit>();
        var by = await audit.Deleters(kind.Name, [.. records.Select(r => (string)r["id"]!)], context.RequestAborted);
        foreach (var record in records)
            if (by.TryGetValue((string)record["id"]!, out var who)) record[RecordJson.DeletedBy] = RecordExpand.User(who, context.RequestServices.GetService<PeopleDirectory>());
    }

    public static async Task<IResult> Get(HttpContext context, RecordKind kind, string id)
    {
        var (request, problem) = await ListRequest.Read(context, kind, RecordAction.Read);
        if (request is null) return problem!;
        var record = await RecordWrites.Grain(context, kind, id).Get().WaitAsync(context.RequestAborted);
        if (record is null || (record.DeletedAt is not null) != request.Query.Deleted || !context.Actor().May(RecordAction.Read, kind.Name, record.Whose)) return RecordCommands.Missing;
        var tag = RecordJson.ETag(record.RecordVersion, record.Version);
        (context.Response.Headers.ETag, context.Response.Headers.CacheControl) = (tag, "private, no-cache");

        // What it links to may have changed without it.
        if (request.Expand.Count == 0 && context.Request.Headers.IfNoneMatch.Contains(tag)) return Results.StatusCode(StatusCodes.Status304NotModified);
        var json = RecordJson.Of(record, context.Actor(), context.Fields(kind.Name));
        return Results.Json(await request.Show(context, json), RecordJson.Options);
    }
}
