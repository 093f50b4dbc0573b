using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Deals;

/// <summary>A deal's commands.</summary>
internal static class DealEndpoints
{
    public const string Prefix = "/api/v1/deals";

    public static void MapDeals(this IEndpointRouteBuilder routes)
    {
        routes.MapPipelines();
        var deals = routes.MapGroup(Prefix).RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Deals");
        deals.MapGet("/{id}", Get).WithOrder(-1).ExcludeFromDescription();
        Map<StageArguments>(deals, "move", "move", "moveDeal", "Moves a deal to another open stage");
        Map<StageArguments>(deals, "moves", "move", "moveDealAlias", "The same as move");
        Map<NoArguments>(deals, "win", "win", "winDeal", "Wins a deal, once: an order is made with it");
        Map<LoseArguments>(deals, "lose", "lose", "loseDeal", "Loses a deal, for a reason");
        Map<StageArguments>(deals, "reopen", "reopen", "reopenDeal", "Opens a closed deal again, where it was open last or in a stage");
    }

    private static void Map<T>(RouteGroupBuilder deals, string path, string command, string name, string summary) => deals
        .MapPost("/{id}/" + path, (HttpContext context, string id) => Run(context, id, command))
        .WithName(name).WithSummary(summary).WithMetadata(IdempotentEndpoint.Instance).Takes<T>()
        .Asks("RecordIfMatch", "RecordIdempotencyKey").Answers("Deal")
        .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status412PreconditionFailed).ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    private static async Task<IResult> Get(HttpContext context, DealReads reads, string id)
    {
        context.Response.Headers.CacheControl = "no-store";
        var (request, problem) = await ListRequest.Read(context, RecordKind.Deal, RecordAction.Read, live: true);
        if (request is null) return problem!;
        var (deal, actor) = (await RecordWrites.Grain(context, RecordKind.Deal, id).Get().WaitAsync(context.RequestAborted), context.Actor());
        if (deal is null || (deal.DeletedAt is not null) != request.Query.Deleted || !actor.May(RecordAction.Read, RecordKinds.Deal, deal.Whose)) return RecordCommands.Missing;
        (var warmth, problem) = await reads.Warmth(deal, actor, context.Request.Query[ListRequest.MinPosition], context.RequestAborted);
        if (warmth is null) return problem!;
        var tag = RecordJson.ETag(deal.RecordVersion, deal.Version + warmth.Version);
        context.Response.Headers.ETag = tag;

        // What it links to may have changed without it.
        if (request.Expand.Count == 0 && context.Request.Headers.IfNoneMatch.Contains(tag)) return Results.StatusCode(StatusCodes.Status304NotModified);
        var json = RecordJson.Of(deal, actor, context.Fields(RecordKinds.Deal));
        json["version"] = deal.Version + warmth.Version;
        json["heat"] = warmth.Json;
        return Results.Json(await request.Show(context, json), RecordJson.Options);
    }

    private static async Task<IResult> Run(HttpContext context, string id, string command)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        return body is null ? problem! : await RecordCommands.Run(context, RecordKinds.Deal, id, command, (JsonObject)body.DeepClone());
    }

    internal sealed record StageArguments(string? Stage);

    internal sealed record LoseArguments(string? Reason);

    internal sealed record NoArguments;
}
