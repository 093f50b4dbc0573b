using System.Text.Json.Nodes;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Access;

/// <summary>How far a handover is whose records are too many for one request.</summary>
/// <param name="Moved">Records that this request handed over.</param>
/// <param name="Detail">What to do.</param>
internal sealed record HandoverView(long Moved, string Detail);

/// <summary>Ending accounts and teams. What belongs to them goes to another one first, or they do not end.</summary>
internal static class EndingEndpoints
{
    private static readonly Problem s_teamUnknown = new(
        StatusCodes.Status404NotFound, "team-unknown", "There is no such team.", "GET /api/v1/teams lists them.");

    private static readonly Problem s_heir = RecordRequests.BadQuery("transferTo must be the id of another one that is there; of a team, not of one below it.");

    public static void MapEndings(this RouteGroupBuilder people)
    {
        var ends = people.MapGroup("").NeedsSilo();
        ends.MapDelete("/users/{id}", EndUser).WithName("endUser")
            .WithSummary("Ends an account; with transferTo its records go to that user first. 202: some went, send the same request again")
            .Produces(StatusCodes.Status204NoContent).Produces<HandoverView>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        ends.MapDelete("/teams/{id}", EndTeam).WithName("endTeam")
            .WithSummary("Ends a team; with transferTo its records, members and the teams below it go to that team first. 202: some went, send the same request again")
            .Produces(StatusCodes.Status204NoContent).Produces<HandoverView>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> EndUser(string id, string? transferTo, HttpContext context, Users users, PeopleDirectory people, AccessWatch watch)
    {
        if (await users.Get(id, context.RequestAborted) is null) return PeopleEndpoints.Unknown;
        if (transferTo is not null && (transferTo == id || people.Actor(transferTo) is null)) return s_heir;
        var patch = transferTo is null ? null : new JsonObject { ["owner"] = transferTo, ["team"] = people.User(transferTo)!.Team };
        var theirs = new Reach(false, id, []);
        if (await Handover.Empty(context, theirs, patch, "user") is { } rest) return rest;
        try
        {
            if (!await users.End(id, transferTo, context.Cause(), context.RequestAborted)) return PeopleEndpoints.Unknown;
        }
        catch (LastAdministratorException)
        {
            return PeopleEndpoints.LastAdministrator;
        }

        await watch.Look(context.RequestAborted);

        // What they made between the last look and their end.
        if (patch is not null) await Handover.Empty(context, theirs, patch, "user");
        return Results.NoContent();
    }

    private static async Task<IResult> EndTeam(string id, string? transferTo, HttpContext context, Roles roles, PeopleDirectory people, AccessWatch watch)
    {
        if (await roles.Use(id, context.RequestAborted) is not { } use) return s_teamUnknown;
        if (transferTo is not null && !people.StandsApart(transferTo, id)) return s_heir;
        if (transferTo is null && use.Members + use.Children > 0)
            return new Problem(
                StatusCodes.Status409Conflict, "in-use", $"The team has {use.Members} members and {use.Children} teams right below it.", "Name another team in transferTo, or move them first.");
        var patch = transferTo is null ? null : new JsonObject { ["team"] = transferTo };
        if (await Handover.Empty(context, new Reach(false, null, [id]), patch, "team") is { } rest) return rest;
        if (!await roles.EndTeam(id, transferTo, context.Cause(), context.RequestAborted)) return transferTo is null ? RecordRequests.Stale : s_heir;
        await watch.Look(context.RequestAborted);
        return Results.NoContent();
    }
}
