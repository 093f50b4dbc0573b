using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Hosting;
using Crm.Privacy;

namespace Crm.Records;

/// <summary>All that happened with a customer, a company or a deal, newest first.</summary>
internal static class TimelineEndpoints
{
    private const int IdSegment = 3;

    public static void MapTimelines(this IEndpointRouteBuilder routes)
    {
        foreach (var kind in (RecordKind[])[RecordKind.Customer, RecordKind.Company, RecordKind.Deal])
        {
            routes.MapGroup("/api/v1/" + kind.Plural).RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Timelines")
                .MapGet("/{id}/timeline", (HttpContext context, string id, string? kinds, string? from, string? to, string? limit, string? cursor) => Get(context, kind))
                .WithName(kind.Name + "Timeline")
                .WithSummary($"What happened with a {kind.Name}, newest first: {string.Join(", ", TimelineKinds.All)}; kinds names some of them")
                .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        }
    }

    private static async Task<IResult> Get(HttpContext context, RecordKind kind)
    {
        var asked = PathSegments.Decoded(context, "id", IdSegment);
        context.Response.Headers.CacheControl = "no-store";
        if (kind == RecordKind.Customer) return await OfCustomer(context, asked);
        var (record, problem) = await RecordCommands.Find(context, kind.Name, asked);
        return record is null ? problem! : await Page(context, kind, asked, record.Id, [record.Id], null);
    }

    private static async Task<IResult> OfCustomer(HttpContext context, string asked)
    {
        var (found, problem) = await CustomerCards.Find(context, RecordAction.Read);
        if (found is null) return problem!;
        if (found.Card.DeletedAt is not null) return RecordCommands.Missing;
        if (found.Live?.View is not { } view) return await Page(context, RecordKind.Customer, asked, found.Id, [found.Id], null);
        if (!await PurposeCheck.Passes(context, view.Consent)) return Results.Empty;
        var lag = await CustomerEndpoints.Lag(context.RequestServices.GetRequiredService<PartitionReads>(), view, context.RequestAborted);
        return await Page(context, RecordKind.Customer, asked, found.Id, [.. view.Lanes.Append(found.Id).Distinct(StringComparer.Ordinal)], lag);
    }

    /// <param name="lagMs">How far the history of events is behind, in milliseconds; null where no events are shown.</param>
    private static async Task<IResult> Page(HttpContext context, RecordKind kind, string asked, string id, IReadOnlyList<string> ids, long? lagMs)
    {
        var (request, problem) = TimelineRequest.Read(context, kind, asked, ids);
        if (request is null) return problem!;
        try
        {
            var found = await context.RequestServices.GetRequiredService<TimelineReader>().Page(request.Query, context.RequestAborted);
            var page = found.Entries.Take(request.Query.Limit).ToArray();
            var json = new JsonObject
            {
                ["items"] = new JsonArray([.. page.Select(e => (JsonNode)TimelineJson.Of(e, (kind.Name, id), context.Actor()))]),
                ["next"] = found.Entries.Count > page.Length ? request.Next(page[^1].Place) : null,
            };
            if (kind == RecordKind.Customer && request.Query.Whose.ContainsKey(TimelineKinds.Event)) json["lagMs"] = lagMs ?? 0;
            if (found.IsPartial) json["partial"] = true;
            return Results.Json(json, RecordJson.Options);
        }
        catch (ListTooSlowException)
        {
            return RecordReads.TooSlow with { Detail = "Ask for fewer kinds, or a shorter time from and to." };
        }
    }
}
