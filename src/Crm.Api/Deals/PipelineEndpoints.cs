using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Deals;

/// <summary>Pipelines: everybody who works with records reads them, administrators change them.</summary>
internal static class PipelineEndpoints
{
    public const string Prefix = "/api/v1/pipelines";

    /// <summary>Deals moved at a time when a stage goes.</summary>
    private const int MoveBatch = 200;

    /// <summary>Rounds of such a move in one request; what is left then is told.</summary>
    private const int MoveRounds = 500;
    private const int MovesAtOnce = 8;

    public static readonly Problem Unknown = new(
        StatusCodes.Status404NotFound, "pipeline-unknown", "There is no such pipeline.", "GET /api/v1/pipelines lists them.");

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Pipelines are changed by administrators.", "Ask one of them.");

    private static readonly Problem s_badTarget = new(
        StatusCodes.Status422UnprocessableEntity, "bad-move", "moveTo does not name a stage that deals can move to.", "It is the id of an open stage that stays.");

    private static readonly Problem s_bound = new(
        StatusCodes.Status409Conflict, "pipeline-bound", $"There are 1 to {Pipelines.Max} pipelines.", "The last one can be changed, but not removed.");

    private static readonly Problem s_stageStays = new(
        StatusCodes.Status409Conflict, "stage-stays", "This stage cannot go.", "A pipeline has at least one open stage, exactly one won and one lost.");

    public static void MapPipelines(this IEndpointRouteBuilder routes)
    {
        var all = routes.MapGroup(Prefix).RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Pipelines");
        all.MapGet("", List).WithName("listPipelines").WithSummary("All pipelines, in order").Produces<PipelineList>();
        all.MapPost("", Create).WithName("createPipeline").WithSummary("Makes a pipeline").WithMetadata(IdempotentEndpoint.Instance)
            .Takes<PipelineChange>().Produces<PipelineView>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        all.MapGet("/{id}", Get).WithName("getPipeline").WithSummary("A pipeline").Produces<PipelineView>().ProducesProblem(StatusCodes.Status404NotFound);
        all.MapPatch("/{id}", Change).WithName("changePipeline").WithSummary("Changes a pipeline by a merge-patch; stages are given whole, in order")
            .Takes<PipelineChange>().Produces<PipelineView>().ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        all.MapDelete("/{id}", Remove).WithName("deletePipeline").WithSummary("Removes a pipeline; ?moveTo=STAGE takes its deals to a stage of another").Asks("MoveTo")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        all.MapDelete("/{id}/stages/{stage}", RemoveStage).WithName("deleteStage").WithSummary("Removes a stage; ?moveTo=STAGE takes its deals to another").Asks("MoveTo")
            .Produces<PipelineView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        all.MapGet("/{id}/board", BoardEndpoint.Get).WithName("getBoard").WithSummary("A pipeline's stages with their sums and first deals")
            .Asks("RecordFilter", "BoardSort", "BoardLimit", "BoardStage", "BoardSkip", "BoardClosedDays", "RecordFields", "RecordExpand").Answers("Board")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> List(HttpContext context, Pipelines pipelines) =>
        Results.Ok(new PipelineList([.. (await pipelines.Now(context.RequestAborted)).All.Select(PipelineView.Of)]));

    private static async Task<IResult> Get(HttpContext context, Pipelines pipelines, string id) =>
        (await pipelines.Now(context.RequestAborted)).Find(id) is { } found
            ? RecordRequests.Record(context, PipelineView.Of(found), found.RecordVersion)
            : Unknown;

    private static async Task<IResult> Create(HttpContext context, Pipelines pipelines)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var id = "pl_" + RandomNumberGenerator.GetHexString(20, lowercase: true);
        var made = PipelineEdit.Apply(new Pipeline(id, "", body.ContainsKey("stages") ? [] : PipelineEdit.NewStages()), body, errors);
        if (errors.Count > 0) return RecordRequests.BadFields(errors);
        if (await pipelines.Create(made, context.Cause(), context.RequestAborted) != PipelineWrite.Done) return s_bound;
        return await Now(context, pipelines, id, StatusCodes.Status201Created);
    }

    private static async Task<IResult> Change(HttpContext context, Pipelines pipelines, string id)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if ((await pipelines.Now(context.RequestAborted)).Find(id) is not { } there) return Unknown;
        if (RecordRequests.IfMatch(context.Request) is { } version && version != there.RecordVersion) return RecordRequests.Stale;
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var changed = PipelineEdit.Apply(there, body, errors);
        return errors.Count > 0 ? RecordRequests.BadFields(errors) : await Store(context, pipelines, there, changed);
    }

    private static async Task<IResult> RemoveStage(HttpContext context, Pipelines pipelines, string id, string stage)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var all = await pipelines.Now(context.RequestAborted);
        if (all.Find(id) is not { } there || there.Stages.FirstOrDefault(s => s.Id == stage) is not { } gone) return Unknown;
        if (gone.Type != StageType.Open || there.Stages.Count(s => s.Type == StageType.Open) == 1) return s_stageStays;
        if (await MoveAway(context, pipelines, all, [gone]) is { } problem) return problem;
        return await Store(context, pipelines, there, there with { Stages = [.. there.Stages.Where(s => s.Id != stage)] });
    }

    private static async Task<IResult> Remove(HttpContext context, Pipelines pipelines, string id)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var all = await pipelines.Now(context.RequestAborted);
        if (all.Find(id) is not { } there) return Unknown;
        if (await MoveAway(context, pipelines, all, there.Stages) is { } problem) return problem;
        return await pipelines.Delete(id, RecordRequests.IfMatch(context.Request), context.Cause(), context.RequestAborted) switch
        {
            PipelineWrite.Done => Results.NoContent(),
            PipelineWrite.Stale => RecordRequests.Stale,
            PipelineWrite.InUse => await InUse(pipelines, there.Stages, context.RequestAborted),
            PipelineWrite.Bound => s_bound,
            _ => Unknown,
        };
    }

    private static async Task<IResult> Store(HttpContext context, Pipelines pipelines, Pipeline there, Pipeline changed) =>
        await pipelines.Update(changed, context.Cause(), context.RequestAborted) switch
        {
            PipelineWrite.Done => await Now(context, pipelines, there.Id, StatusCodes.Status200OK),
            PipelineWrite.InUse => await InUse(pipelines, [.. there.Stages.Where(s => changed.Stages.All(c => c.Id != s.Id))], context.RequestAborted),
            _ => RecordRequests.Stale,
        };

    private static async Task<IResult> Now(HttpContext context, Pipelines pipelines, string id, int status)
    {
        if ((await pipelines.Now(context.RequestAborted)).Find(id) is not { } now) return Unknown;
        context.Response.Headers.ETag = RecordRequests.ETag(now.RecordVersion);
        return Results.Json(PipelineView.Of(now), statusCode: status);
    }

    // Each deal moves by its own grain, as by a person; whoever died in between asks again for the rest.
    private static async Task<Problem?> MoveAway(HttpContext context, Pipelines pipelines, PipelineSet all, IReadOnlyList<Stage> from)
    {
        var to = context.Request.Query["moveTo"].ToString();
        if (to.Length == 0) return null;
        if (all.Stage(to) is not ({ }, { Type: StageType.Open } target) || from.Any(s => s.Id == target.Id)) return s_badTarget;
        var grains = context.RequestServices.GetRequiredService<IGrainFactory>();
        var arguments = new JsonObject { ["stage"] = to }.ToJsonString();
        for (var round = 0; round < MoveRounds; round++)
        {
            var (_, some) = await pipelines.Using([.. from.Select(s => s.Id)], MoveBatch, context.RequestAborted);
            if (some.Count == 0) return null;
            await Parallel.ForEachAsync(some, new ParallelOptions { MaxDegreeOfParallelism = MovesAtOnce, CancellationToken = context.RequestAborted }, async (deal, stop) =>
                await grains.Record(RecordKinds.Deal, deal).Do("relocate", arguments, null, RecordCommands.Cause(context)).WaitAsync(stop));
        }

        return null;
    }

    private static async Task<Problem> InUse(Pipelines pipelines, IReadOnlyList<Stage> stages, CancellationToken stop)
    {
        var (count, _) = await pipelines.Using([.. stages.Select(s => s.Id)], 1, stop);
        var names = string.Join(", ", stages.Select(s => s.Name));
        return new Problem(
            StatusCodes.Status409Conflict, "stage-in-use", "Deals stand in a stage that would go.",
            $"{count} deals stand in {names}, those in the trash with them. Send DELETE with ?moveTo=STAGE to move them to another open stage.");
    }
}
