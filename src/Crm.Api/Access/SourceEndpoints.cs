using System.Security.Cryptography;
using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Access;

/// <summary>Sources, by those who may administer them.</summary>
internal static class SourceEndpoints
{
    public const string Prefix = "/api/v1/sources";

    private const int IdSegment = 3;

    /// <summary>Tries of a change that names no version and meets others.</summary>
    private const int MaxTries = 5;

    private static readonly Problem s_exists = new(
        StatusCodes.Status409Conflict, "source-exists", "There is a source with this id.", "Choose another id, or change the one that is there.");

    public static readonly Problem Unknown = new(
        StatusCodes.Status404NotFound, "source-unknown", "There is no such source.", "GET /api/v1/sources lists them.");

    public static void MapSources(this IEndpointRouteBuilder routes)
    {
        var sources = routes.MapGroup(Prefix).RequireAuthorization(Policies.ManageAccess).WithTags("Sources");
        sources.MapGet("", List).WithName("listSources").WithSummary("All sources, by id").Produces<PageOf<SourceView>>();
        sources.MapPost("", Create).WithName("createSource").WithSummary("Makes a source").WithMetadata(IdempotentEndpoint.Instance)
            .Takes<SourceChange>().Produces<SourceView>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        sources.MapGet("/{id}", Get).WithName("getSource").WithSummary("A source").Produces<SourceView>().ProducesProblem(StatusCodes.Status404NotFound);
        sources.MapPatch("/{id}", Change).WithName("changeSource").WithSummary("Changes a source by a merge-patch")
            .WithMetadata(IdempotentEndpoint.Instance)
            .Takes<SourceChange>().Produces<SourceView>()
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status412PreconditionFailed)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        sources.MapDelete("/{id}", Remove).WithName("deleteSource").WithSummary("Removes a source with its keys and its plan; its events stay")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed);
    }

    private static async Task<IResult> List(HttpContext context, Sources sources)
    {
        if (!RecordRequests.TryPage(context.Request, out var limit, out var after, out var problem)) return problem;
        var found = await sources.List(after, limit + 1, context.RequestAborted);
        return RecordRequests.Page(context, found, limit, SourceView.Of, s => s.Id);
    }

    private static async Task<IResult> Create(HttpContext context, Sources sources)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var id = body["id"] is null ? "src_" + RandomNumberGenerator.GetHexString(20, lowercase: true) : SourceFields.Text(body["id"]);
        if (id is null || !SourceFields.IsId(id)) errors["id"] = "id: It is 1 to 100 letters, digits, dots, dashes and underscores.";
        body.Remove("id");
        if (!body.ContainsKey("name")) errors["name"] = "name: It is needed.";
        var source = SourceFields.Apply(new Source(id ?? "", "", "web"), body, errors);
        if (errors.Count > 0) return RecordRequests.BadFields(errors);
        if (await sources.Create(source, context.Cause(), context.RequestAborted) is not { } made) return s_exists;
        context.Response.Headers.ETag = RecordRequests.ETag(made.RecordVersion);
        return Results.Created($"{Prefix}/{made.Id}", SourceView.Of(made));
    }

    /// <summary>The id of the source that a path below <see cref="Prefix"/> names.</summary>
    public static string Id(HttpContext context) => PathSegments.Decoded(context, "id", IdSegment);

    private static async Task<IResult> Get(HttpContext context, Sources sources) =>
        await sources.Get(Id(context), context.RequestAborted) is { } source
            ? RecordRequests.Record(context, SourceView.Of(source), source.RecordVersion)
            : Unknown;

    private static async Task<IResult> Change(HttpContext context, Sources sources)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var wanted = RecordRequests.IfMatch(context.Request);
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            if (await sources.Get(Id(context), context.RequestAborted) is not { } there) return Unknown;
            if (wanted is { } version && version != there.RecordVersion) return RecordRequests.Stale;
            var errors = new Dictionary<string, string>(StringComparer.Ordinal);
            var changed = SourceFields.Apply(there, body, errors);
            if (errors.Count > 0) return RecordRequests.BadFields(errors);
            if (await sources.Update(changed, context.Cause(), context.RequestAborted) is { } now)
                return RecordRequests.Record(context, SourceView.Of(now), now.RecordVersion);
        }

        return RecordRequests.Stale;
    }

    private static async Task<IResult> Remove(HttpContext context, Sources sources) =>
        await sources.Delete(Id(context), RecordRequests.IfMatch(context.Request), context.Cause(), context.RequestAborted) switch
        {
            RecordWrite.Done => Results.NoContent(),
            RecordWrite.Stale => RecordRequests.Stale,
            _ => Unknown,
        };
}
