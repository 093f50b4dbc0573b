using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>The plan of one event as it is answered.</summary>
internal sealed record PlanView(string Event, JsonNode? Schema, long RecordVersion, DateTimeOffset UpdatedAt)
{
    public static PlanView Of(DataPlan plan) => new(plan.Event, JsonNode.Parse(plan.Schema), plan.Version, plan.UpdatedAt);
}

/// <summary>A source's data plan, by those who may administer what is taken.</summary>
internal static class PlanEndpoints
{
    private const int NameSegment = 5;

    private static readonly Problem s_unknown = new(
        StatusCodes.Status404NotFound, "plan-unknown", "The event has no plan.", "GET the source's /plan to see which have one.");

    private static readonly Problem s_full = new(
        StatusCodes.Status409Conflict, "plan-full", "The source has a plan for as many events as it may.", $"It holds at most {DataPlans.MaxEvents} events. Remove one first.");

    public static void MapPlans(this IEndpointRouteBuilder routes)
    {
        var plans = routes.MapGroup(SourceEndpoints.Prefix + "/{id}/plan").RequireAuthorization(Policies.ManageEvents).WithTags("Data plan");
        plans.MapGet("", List).WithName("listPlan").WithSummary("The schemas of a source's events").Produces<PageOf<PlanView>>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        plans.MapGet("/{name}", Get).WithName("getPlan").WithSummary("The schema of an event").Produces<PlanView>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        plans.MapPut("/{name}", Put).WithName("putPlan").WithSummary("Sets the JSON Schema of an event: of a track event by its name, else of $identify, $page, $screen, $group, $alias")
            .Takes<JsonObject>().Produces<PlanView>()
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        plans.MapDelete("/{name}", Remove).WithName("deletePlan").WithSummary("Removes the schema of an event").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        routes.MapGet(SourceEndpoints.Prefix + "/{id}/violations", Violations).RequireAuthorization(Policies.ManageEvents).WithTags("Data plan")
            .WithName("listViolations").WithSummary("How often which rule of the plan was broken, most first").Produces<PageOf<PlanViolation>>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static string Name(HttpContext context) => PathSegments.Decoded(context, "name", NameSegment);

    private static async Task<IResult> List(HttpContext context, Sources sources, DataPlans plans)
    {
        if (await sources.Get(SourceEndpoints.Id(context), context.RequestAborted) is not { } source) return SourceEndpoints.Unknown;
        return Results.Ok(new PageOf<PlanView>([.. (await plans.List(source.Id, context.RequestAborted)).Select(PlanView.Of)], null));
    }

    private static async Task<IResult> Get(HttpContext context, DataPlans plans) =>
        await plans.Get(SourceEndpoints.Id(context), Name(context), context.RequestAborted) is { } plan
            ? RecordRequests.Record(context, PlanView.Of(plan), plan.Version)
            : s_unknown;

    private static async Task<IResult> Put(HttpContext context, Sources sources, DataPlans plans)
    {
        if (await RecordRequests.Bytes(context.Request) is not { } bytes) return Unusable($"A schema holds at most {PlanSchema.MaxBytes / 1024} KB.");
        var schema = Encoding.UTF8.GetString(bytes);
        if (PlanSchema.Compile(schema, 0, out var wrong) is null) return Unusable(wrong!);
        var (source, happened) = (SourceEndpoints.Id(context), Name(context));
        if (happened.Length > DataPlans.MaxEventLength) return Unusable($"The name of an event with a plan holds at most {DataPlans.MaxEventLength} characters.");
        if (await sources.Get(source, context.RequestAborted) is null) return SourceEndpoints.Unknown;
        var (did, plan) = await plans.Put(source, happened, schema, RecordRequests.IfMatch(context.Request), context.Cause(), context.RequestAborted);
        return did switch
        {
            RecordWrite.Done => RecordRequests.Record(context, PlanView.Of(plan!), plan!.Version),
            RecordWrite.Stale => RecordRequests.Stale,
            _ => s_full,
        };
    }

    private static async Task<IResult> Remove(HttpContext context, DataPlans plans) =>
        await plans.Delete(SourceEndpoints.Id(context), Name(context), RecordRequests.IfMatch(context.Request), context.Cause(), context.RequestAborted) switch
        {
            RecordWrite.Done => Results.NoContent(),
            RecordWrite.Stale => RecordRequests.Stale,
            _ => s_unknown,
        };

    private static async Task<IResult> Violations(HttpContext context, Sources sources, DataPlans plans)
    {
        if (await sources.Get(SourceEndpoints.Id(context), context.RequestAborted) is not { } source) return SourceEndpoints.Unknown;
        return Results.Ok(new PageOf<PlanViolation>(await plans.Violations(source.Id, context.RequestAborted), null));
    }

    private static Problem Unusable(string why) => RecordRequests.BadFields(new Dictionary<string, string> { ["schema"] = why });
}
