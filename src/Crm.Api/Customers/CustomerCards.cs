using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Customers;

/// <summary>A customer as who asks may see it: the card, and the live profile unless there is none yet.</summary>
internal sealed record FoundCustomer(RecordState Card, CustomerFound? Live)
{
    /// <summary>The customer that it is now, whoever was asked for.</summary>
    public string Id => Card.Id;
}

/// <summary>Finds customers by any of their ids, under the rule of access. The rule goes by the card: whose it is people say.</summary>
internal static class CustomerCards
{
    private const int IdSegment = 3;

    /// <summary>The customer that the path names; who was merged into another is that one.</summary>
    public static Task<(FoundCustomer? Found, Problem? Problem)> Find(HttpContext context, RecordAction action) =>
        Find(context, PathSegments.Decoded(context, "id", IdSegment), context.Request.Query["minPosition"], action);

    /// <summary>The customer behind an id.</summary>
    public static async Task<(FoundCustomer? Found, Problem? Problem)> Find(HttpContext context, string id, string? minPosition, RecordAction action)
    {
        var live = await context.RequestServices.GetRequiredService<CustomerReads>().Find(id, minPosition, context.RequestAborted);
        if (live.Problem is { Status: not StatusCodes.Status404NotFound } problem) return (null, problem);

        // A card may be there before the first event of its customer is applied.
        var known = live.View?.Id ?? CustomerReads.Direct(id);
        if (known is null || await Card(context, known) is not { } card || (live.View is null && card.RecordVersion == 0)) return (null, RecordCommands.Missing);
        var actor = context.Actor();
        if (!actor.May(action, RecordKinds.Customer, card.Whose))
            return (null, actor.May(RecordAction.Read, RecordKinds.Customer, card.Whose) ? RecordCommands.Forbidden : RecordCommands.Missing);
        if (context.RequestServices.GetRequiredService<PartitionReads>().Position(live.Progress) is { } position)
            context.Response.Headers[IngestAnswer.PositionHeader] = position;
        return (new FoundCustomer(card, live.View is null ? null : live), null);
    }

    /// <summary>A customer's card, also an empty one.</summary>
    public static Task<RecordState?> Card(HttpContext context, string id) =>
        RecordWrites.Grain(context, RecordKind.Customer, id).Get().WaitAsync(context.RequestAborted);

    /// <summary>The customer in one answer, with the ETag of both counters.</summary>
    public static IResult Answer(HttpContext context, FoundCustomer found, int status = StatusCodes.Status200OK)
    {
        var tag = RecordJson.ETag(found.Card.RecordVersion, found.Live?.View?.Version ?? 0);
        (context.Response.Headers.ETag, context.Response.Headers.CacheControl) = (tag, "private, no-cache");
        if (HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.IfNoneMatch.Contains(tag)) return Results.StatusCode(StatusCodes.Status304NotModified);
        return Results.Json(Json(context, found), statusCode: status);
    }

    /// <summary>The card, flat, with what lists show of the profile, and the profile.</summary>
    public static JsonObject Json(HttpContext context, FoundCustomer found)
    {
        var (actor, now) = (context.Actor(), context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
        var json = RecordJson.Of(CustomerShown.Of(found.Card, found.Live?.View, now), actor, context.Fields(RecordKinds.Customer));
        if (CustomerShown.MayShowProfile(actor)) json["profile"] = found.Live is { } live ? CustomerShown.Profile(live, now) : null;
        return json;
    }
}
