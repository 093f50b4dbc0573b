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
        routes.MapSalesSettings();
        var deals = routes.MapGroup(Prefix).RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Deals");
        deals.MapGet("/{id}", Get).WithOrder(-1).WithName("getDeal").WithSummary("A deal with its heat, at least as new as minPosition")
            .ProducesProblem(StatusCodes.Status404NotFound);
        Map<StageArguments>(deals, "move", "move", "moveDeal", "Moves a deal to another open stage");
        Map<StageArguments>(deals, "moves", "move", "moveDealAlias", "The same as move");
        Map<NoArguments>(deals, "win", "win", "winDeal", "Wins a deal, once: an order is made with it");
        Map<LoseArguments>(deals, "lose", "lose", "loseDeal", "Loses a deal, for a reason");
        Map<StageArguments>(deals, "reopen", "reopen", "reopenDeal", "Opens a closed deal again, where it was open last or in a stage");
    }

    private static void Map<T>(RouteGroupBuilder deals, string path, string command, string name, string summary) => deals
        .MapPost("/{id}/" + path, (HttpContext context, string id) => Run(context, id, command))
        .WithName(name).WithSummary(summary).WithMetadata(IdempotentEndpoint.Instance).Takes<T>()
        .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status412PreconditionFailed).ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    private static async Task<IResult> Get(HttpContext context, DealReads reads, string id)
    {
        context.Response.Headers.CacheControl = "no-store";
        var (deal, problem) = await RecordCommands.Find(context, RecordKinds.Deal, id);
        if (deal is null) return problem!;
        (var warmth, problem) = await reads.Warmth(deal, context.Actor(), context.Request.Query["minPosition"], context.RequestAborted);
        if (warmth is null) return problem!;
        var json = RecordJson.Of(deal, context.Actor());
        json["version"] = deal.Version + warmth.Version;
        json["heat"] = warmth.Json;
        var tag = RecordJson.ETag(deal.RecordVersion, deal.Version + warmth.Version);
        context.Response.Headers.ETag = tag;
        return context.Request.Headers.IfNoneMatch.Contains(tag) ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Json(json);
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
