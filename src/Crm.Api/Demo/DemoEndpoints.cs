using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Demo;

/// <summary>The demo shop.</summary>
/// <param name="Wanted"><c>open</c>, <c>closed</c> or <c>erased</c>; null before anybody said.</param>
/// <param name="State">What is so: those, <c>erasing</c>, <c>busy</c> when events of others kept it from being erased, or <c>none</c> where nothing keeps one.</param>
internal sealed record DemoView(string? Wanted, string State);

/// <summary>What is wanted of it.</summary>
/// <param name="Wanted"><c>open</c>: its visitors come. <c>closed</c>: none come. <c>erased</c>: none come, and what they left goes.</param>
internal sealed record DemoWish(string Wanted);

/// <summary>The demo shop, by those who administer: its visitors come and go by <c>crm run</c>, which looks at what is wanted.</summary>
internal static class DemoEndpoints
{
    /// <summary>A run looks about once a second; one that has not for so long is not there.</summary>
    private static readonly TimeSpan s_there = TimeSpan.FromSeconds(15);

    private static readonly Problem s_none = new(
        StatusCodes.Status409Conflict, "demo-unavailable", "Nothing here keeps a demo shop.",
        "./run does. Elsewhere its visitors are started by: crm demo run --api URL --key KEY.");

    public static void MapDemo(this IEndpointRouteBuilder routes)
    {
        var demo = routes.MapGroup("/api/v1/demo").RequireAuthorization(Policies.ManageAccess).WithTags("Demo");
        demo.MapGet("", Get).WithName("getDemo").WithSummary("Whether the demo shop's visitors come").Produces<DemoView>();
        demo.MapPut("", Put).WithName("setDemo").WithSummary("Opens, closes or erases the demo shop").Takes<DemoWish>().Produces<DemoView>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> Get(HttpContext context, DemoStands stands, TimeProvider clock) =>
        Results.Ok(View(await stands.Read(context.RequestAborted), clock));

    private static async Task<IResult> Put(HttpContext context, DemoStands stands, TimeProvider clock)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (SourceFields.Text(body["wanted"]) is not { } wanted || !DemoStands.Wishes.Contains(wanted) || body.Count > 1)
            return RecordRequests.BadFields(new Dictionary<string, string> { ["wanted"] = $"wanted: It is one of: {string.Join(", ", DemoStands.Wishes)}." });
        if (!IsThere(await stands.Read(context.RequestAborted), clock)) return s_none;
        await stands.Want(wanted, context.Cause(), context.RequestAborted);
        return Results.Accepted("/api/v1/demo", View(await stands.Read(context.RequestAborted), clock));
    }

    private static DemoView View(DemoStand stand, TimeProvider clock) => new(stand.Wanted, IsThere(stand, clock) ? stand.State ?? DemoStands.Closed : "none");

    private static bool IsThere(DemoStand stand, TimeProvider clock) => stand.SeenAt is { } seen && clock.GetUtcNow() - seen < s_there;
}
