using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>
/// Segments: whoever works with customers reads them; whoever may edit all customers makes and changes them, since a definition looks
/// at everybody. Who is in one is shown as far as the rule of access goes.
/// </summary>
internal static class SegmentEndpoints
{
    public const string Prefix = "/api/v1/segments";

    private const int MaxDays = 366;
    private const int UsualDays = 30;
    private const int MaxDescriptionLength = 2_000;

    public static readonly Problem Unknown = new(
        StatusCodes.Status404NotFound, "not-found", "There is no such segment.", "GET /api/v1/segments lists them.");

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Your role may not do that with segments.", "Segments are changed by whoever may edit all customers.");

    private static readonly Problem s_taken = new(
        StatusCodes.Status409Conflict, "name-taken", "Another segment has that name, or that flag.", "Choose another one.");

    private static readonly Problem s_nobody = new(
        StatusCodes.Status404NotFound, "not-found", "There is no such customer.", "Ask by the customer's own id, which every answer has.");

    private static readonly Problem s_bound = new(
        StatusCodes.Status409Conflict, "segment-bound", $"There are {Segment.Most} segments.", "Delete one first.");

    public static void AddSegments(this IServiceCollection services) => services.AddSingleton<SegmentDirectory>().AddSingleton<SegmentFlags>();

    public static void MapSegments(this IEndpointRouteBuilder routes)
    {
        var all = routes.MapGroup(Prefix).RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Segments");
        all.MapGet("", List).WithName("listSegments").WithSummary("All segments with their sizes, by name").Produces<SegmentList>();
        all.MapPost("", Create).WithName("createSegment").WithSummary("Makes a segment; it lives at once").WithMetadata(IdempotentEndpoint.Instance)
            .Takes<SegmentChangeBody>().Produces<SegmentView>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        all.MapPost("/check", Check).WithName("checkSegment").WithSummary("A definition as text and as JSON, or what is wrong with it")
            .Takes<SegmentDraft>().Produces<SegmentText>().ProducesProblem(StatusCodes.Status400BadRequest);
        all.MapPost("/preview", Preview).WithName("previewSegment").WithSummary("How many would be in it, by a sample where there are many customers, and some of them")
            .Takes<SegmentDraft>().Produces<SegmentPreview>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden);
        all.MapGet("/backfill", Backfill).WithName("getSegmentBackfill").WithSummary("How far everybody was looked at by the newest definitions").Produces<SegmentFillView>();
        all.MapPatch("/backfill", ChangeBackfill).WithName("changeSegmentBackfill").WithSummary("Pauses that work, or lets it go on")
            .Takes<SegmentFillChange>().Produces<SegmentFillView>().ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        all.MapRfm();
        all.MapSegmentMembers();
        var one = all.MapGroup("/{id}");
        one.MapGet("", Get).WithName("getSegment").WithSummary("A segment").Produces<SegmentView>().ProducesProblem(StatusCodes.Status404NotFound);
        one.MapPatch("", Change).WithName("changeSegment").WithSummary("Changes a segment by a merge-patch; another definition is another version, which lives at once").Asks("RecordIfMatch")
            .Takes<SegmentChangeBody>().Produces<SegmentView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        one.MapDelete("", Remove).WithName("deleteSegment").WithSummary("Deletes a segment: everybody leaves it").Asks("RecordIfMatch")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        one.MapGet("/count", Count).WithName("countSegment").WithSummary("How many are in it").Produces<SegmentCountView>().ProducesProblem(StatusCodes.Status404NotFound);
        one.MapGet("/members", Members).WithName("listSegmentMembers").WithSummary("Who is in it, the newest first").Asks("RecordLimit", "PageCursor")
            .Produces<PageOf<SegmentMember>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        one.MapGet("/members/{customer}", Why).WithName("whySegmentMember").WithSummary("Why a customer is in it, or is not: each condition, and the newest events that it looks at")
            .Produces<SegmentReasonView>().ProducesProblem(StatusCodes.Status404NotFound);
        one.MapGet("/history", History).WithName("listSegmentHistory").WithSummary("Who entered and left, the newest first").Asks("RecordLimit", "PageCursor")
            .Produces<PageOf<SegmentMove>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        one.MapGet("/versions", Versions).WithName("listSegmentVersions").WithSummary("Its definitions, the newest first").Produces<SegmentVersionList>().ProducesProblem(StatusCodes.Status404NotFound);
        one.MapGet("/curve", Curve).WithName("getSegmentCurve").WithSummary("Its size over the last days (?days=, at most 366)")
            .Produces<SegmentCurve>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> List(HttpContext context, SegmentDirectory segments)
    {
        if (MustRead(context) is { } refused) return refused;
        var (live, counts) = (await segments.Now(context.RequestAborted), await Counts(context));
        return Results.Ok(new SegmentList(
            [.. live.Segments.OrderBy(s => s.Name, StringComparer.CurrentCultureIgnoreCase).Select(s => segments.View(s, counts is null ? null : counts.GetValueOrDefault(s.Id)))],
            await segments.Fill(context.RequestAborted)));
    }

    private static async Task<IResult> Get(HttpContext context, SegmentDirectory segments, string id)
    {
        if (MustRead(context) is { } refused) return refused;
        if (await segments.Find(id, context.RequestAborted) is not { } found) return Unknown;
        context.Response.Headers.ETag = RecordRequests.ETag(found.RecordVersion);
        return Results.Ok(segments.View(found, (await Counts(context))?.GetValueOrDefault(id)));
    }

    private static async Task<IResult> Create(HttpContext context, SegmentDirectory segments)
    {
        if (MustEdit(context) is { } refused) return refused;
        var draft = new Segment("sg_" + RandomNumberGenerator.GetHexString(20, lowercase: true), "", "", 0) { RecordVersion = 0 };
        return await Store(context, segments, draft, StatusCodes.Status201Created);
    }

    private static async Task<IResult> Change(HttpContext context, SegmentDirectory segments, string id)
    {
        if (MustEdit(context) is { } refused) return refused;
        if (await segments.Find(id, context.RequestAborted) is not { } found) return Unknown;
        if (RecordRequests.IfMatch(context.Request) is { } version && version != found.RecordVersion) return RecordRequests.Stale;
        return await Store(context, segments, found, StatusCodes.Status200OK);
    }

    private static async Task<IResult> Remove(HttpContext context, SegmentDirectory segments, string id)
    {
        if (MustEdit(context) is { } refused) return refused;
        if (await segments.Find(id, context.RequestAborted) is not { } found) return Unknown;
        if (RecordRequests.IfMatch(context.Request) is { } version && version != found.RecordVersion) return RecordRequests.Stale;
        var answer = await segments.Save(context, found with { DeletedAt = DateTimeOffset.UnixEpoch });
        return answer.Outcome == SegmentOutcome.Done ? Results.NoContent() : Refused(answer);
    }

    private static async Task<IResult> Store(HttpContext context, SegmentDirectory segments, Segment before, int status)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (body.Select(m => m.Key).FirstOrDefault(k => k is not ("name" or "description" or "definition" or "filter" or "flag")) is { } unknown)
            return RecordRequests.BadFields(new Dictionary<string, string> { [unknown] = $"{unknown}: a segment has name, description, flag, and definition or filter." });
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var (name, description) = (Text(body, "name", before.Name, errors).Trim(), Text(body, "description", before.Description, errors));
        if (name.Length is 0 or > Segment.MaxNameLength || name.Any(char.IsControl)) errors["name"] = $"name: 1 to {Segment.MaxNameLength} characters.";
        if (description.Length > MaxDescriptionLength) errors["description"] = $"description: at most {MaxDescriptionLength} characters.";
        var definition = Text(body, "definition", before.Definition, errors);
        var flag = Text(body, "flag", before.Flag ?? "", errors);
        if (flag.Length > 0 && !Segment.IsFlag(flag)) errors["flag"] = $"flag: letters, digits, - and _, at most {Segment.MaxFlagLength} of them.";
        if (errors.Count > 0) return RecordRequests.BadFields(errors);
        if (body["filter"] is JsonObject filter)
        {
            var (read, wrong) = await segments.Read(JsonSerializer.SerializeToElement(filter), context.RequestAborted);
            if (read is null) return Wrong(wrong!);
            definition = FilterText.Of(read);
        }

        var answer = await segments.Save(context, before with { Name = name, Description = description, Definition = definition, Flag = flag.Length == 0 ? null : flag });
        if (answer.Outcome != SegmentOutcome.Done) return Refused(answer);
        context.Response.Headers.ETag = RecordRequests.ETag(answer.Segment!.RecordVersion);
        return Results.Json(segments.View(answer.Segment, null), statusCode: status);
    }

    private static async Task<IResult> Check(HttpContext context, SegmentDirectory segments)
    {
        if (MustRead(context) is { } refused) return refused;
        var (filter, problem) = await Draft(context, segments);
        return filter is null ? problem! : Results.Ok(new SegmentText(FilterText.Of(filter), FilterJson.Of(filter)));
    }

    // As text or as JSON; the problem when it is neither.
    private static async Task<(Filter? Filter, Problem? Problem)> Draft(HttpContext context, SegmentDirectory segments)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return (null, problem);
        var (filter, wrong) = body["filter"] is JsonObject json
            ? await segments.Read(JsonSerializer.SerializeToElement(json), context.RequestAborted)
            : await segments.Read((body["definition"] as JsonValue)?.GetValueKind() == JsonValueKind.String ? (string)body["definition"]! : "", context.RequestAborted);
        return (filter, wrong is null ? null : Wrong(wrong));
    }

    private static async Task<IResult> Preview(HttpContext context, SegmentDirectory segments)
    {
        if (MustReadAll(context) is { } refused) return refused;
        var (filter, problem) = await Draft(context, segments);
        if (filter is null) return problem!;
        var (preview, cannot) = await segments.Preview(FilterText.Of(filter), context.RequestAborted);
        if (preview is null) return Wrong(new FilterProblem(0, cannot!));
        if (!context.Actor().Of(RecordKinds.Customer).Hidden.Contains("name")) return Results.Ok(preview);
        return Results.Ok(preview with { Members = [.. preview.Members.Select(m => m with { Name = null })] });
    }

    private static async Task<IResult> Why(HttpContext context, SegmentDirectory segments, string id, string customer)
    {
        if (MustRead(context) is { } refused) return refused;
        if (await segments.Find(id, context.RequestAborted) is null) return Unknown;
        var grains = context.RequestServices.GetRequiredService<IGrainFactory>();
        if (await grains.Record(RecordKinds.Customer, customer).Get().WaitAsync(context.RequestAborted) is not { } card
            || !context.Actor().May(RecordAction.Read, RecordKinds.Customer, card.Whose)) return s_nobody;

        // Of whom nobody wrote, and who never did anything, is nobody.
        if (card.RecordVersion == 0 && await grains.Customer(customer).View().WaitAsync(context.RequestAborted) is { View: null }) return s_nobody;
        return await grains.Customer(customer).Why(id).WaitAsync(context.RequestAborted) is { } reason ? Results.Ok(SegmentReasonView.Of(reason)) : s_nobody;
    }

    private static async Task<IResult> Backfill(HttpContext context, SegmentDirectory segments) =>
        MustRead(context) is { } refused ? refused : Results.Ok(await segments.Fill(context.RequestAborted));

    private static async Task<IResult> ChangeBackfill(HttpContext context, SegmentDirectory segments, ISegmentStore store)
    {
        if (MustEdit(context) is { } refused) return refused;
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if ((body["paused"] as JsonValue)?.TryGetValue(out bool paused) != true) return RecordRequests.BadFields(new Dictionary<string, string> { ["paused"] = "paused: true or false." });
        await store.Pause(paused, context.RequestAborted);
        return Results.Ok(await segments.Fill(context.RequestAborted));
    }

    private static async Task<IResult> Count(HttpContext context, SegmentDirectory segments, RecordLists lists, string id)
    {
        if (MustRead(context) is { } refused) return refused;
        if (await segments.Find(id, context.RequestAborted) is null) return Unknown;
        var count = await Counts(context) is { } counts ? counts.GetValueOrDefault(id) : await lists.Count(
            new RecordQuery(RecordKind.Customer, context.Actor().Reach(RecordAction.Read, RecordKinds.Customer))
            {
                Filter = new Filter.OneOf(RecordKind.Customer.Find("segments")!, [new FilterValue.Text(id)]),
            },
            context.RequestAborted);
        var tag = string.Create(CultureInfo.InvariantCulture, $"\"{count}\"");
        context.Response.Headers.ETag = tag;
        return context.Request.Headers.IfNoneMatch.Contains(tag) ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Ok(new SegmentCountView(count));
    }

    private static async Task<IResult> Members(HttpContext context, SegmentDirectory segments, SegmentReads reads, string id)
    {
        if (MustRead(context) is { } refused) return refused;
        if (!RecordRequests.TryPage(context.Request, out var limit, out var cursor, out var problem)) return problem;
        (DateTimeOffset, string)? after = null;
        if (cursor?.Split('\n', 2) is { } parts)
        {
            if (parts.Length != 2 || !DateTimeOffset.TryParseExact(parts[0], "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var since)) return RecordRequests.BadCursor;
            after = (since, parts[1]);
        }

        if (await segments.Find(id, context.RequestAborted) is null) return Unknown;
        var hides = context.Actor().Of(RecordKinds.Customer).Hidden.Contains("name");
        var members = await reads.Members(id, context.Actor().Reach(RecordAction.Read, RecordKinds.Customer), limit, after, context.RequestAborted);
        return RecordRequests.Page(context, members, limit, m => hides ? m with { Name = null } : m, m => m.Since.ToString("O", CultureInfo.InvariantCulture) + "\n" + m.Id);
    }

    private static async Task<IResult> History(HttpContext context, SegmentDirectory segments, SegmentReads reads, string id)
    {
        if (MustRead(context) is { } refused) return refused;
        if (!RecordRequests.TryPage(context.Request, out var limit, out var cursor, out var problem)) return problem;
        if (cursor is not null && !long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return RecordRequests.BadCursor;
        if (await segments.Find(id, context.RequestAborted) is null) return Unknown;
        var hides = context.Actor().Of(RecordKinds.Customer).Hidden.Contains("name");
        var moves = await reads.Moves(id, null, context.Actor().Reach(RecordAction.Read, RecordKinds.Customer), limit, cursor is null ? null : long.Parse(cursor, CultureInfo.InvariantCulture), context.RequestAborted);
        return RecordRequests.Page(context, moves, limit, m => hides ? m with { Name = null } : m, m => m.Number.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task<IResult> Versions(HttpContext context, SegmentDirectory segments, SegmentReads reads, string id)
    {
        if (MustRead(context) is { } refused) return refused;
        return await segments.Find(id, context.RequestAborted) is null ? Unknown : Results.Ok(new SegmentVersionList(await reads.Versions(id, context.RequestAborted)));
    }

    private static async Task<IResult> Curve(HttpContext context, SegmentDirectory segments, SegmentReads reads, TimeProvider clock, string id)
    {
        if (MustReadAll(context) is { } refused) return refused;
        var days = UsualDays;
        if (context.Request.Query["days"].ToString() is { Length: > 0 } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out days) || days is < 1 or > MaxDays)) return RecordRequests.BadQuery($"days must be a whole number from 1 to {MaxDays}.");
        if (await segments.Find(id, context.RequestAborted) is null) return Unknown;
        return Results.Ok(new SegmentCurve(await reads.Curve(id, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), days, context.RequestAborted)));
    }

    private static Problem Refused(SegmentAnswer answer) => answer.Outcome switch
    {
        SegmentOutcome.Missing => Unknown,
        SegmentOutcome.Stale => RecordRequests.Stale,
        SegmentOutcome.Taken => s_taken,
        SegmentOutcome.Bound => s_bound,
        SegmentOutcome.InUse => new Problem(StatusCodes.Status409Conflict, "segment-in-use", "Another segment names it.", $"Change {answer.Why} first."),
        _ => Wrong(new FilterProblem(answer.At, answer.Why!)),
    };

    private static Problem Wrong(FilterProblem problem) =>
        RecordRequests.BadQuery($"definition, at {problem.At}: {problem.Why}") with { Kind = "bad-filter", Title = "The definition cannot be used.", At = problem.At };

    private static string Text(JsonObject body, string name, string otherwise, Dictionary<string, string> errors)
    {
        if (!body.TryGetPropertyValue(name, out var value)) return otherwise;
        if (value is null) return "";
        if (value.GetValueKind() == JsonValueKind.String) return (string)value!;
        errors[name] = $"{name}: a text.";
        return otherwise;
    }

    // Sizes count everybody: who may not see all customers is not told of all.
    private static async Task<IReadOnlyDictionary<string, long>?> Counts(HttpContext context) =>
        context.Actor().Reach(RecordAction.Read, RecordKinds.Customer).Everybody
            ? await context.RequestServices.GetRequiredService<SegmentReads>().Counts(context.RequestAborted) : null;

    public static Problem? MustRead(HttpContext context) => context.Actor().Of(RecordKinds.Customer).Read == RecordScope.None ? s_forbidden : null;

    public static Problem? MustReadAll(HttpContext context) => context.Actor().Reach(RecordAction.Read, RecordKinds.Customer).Everybody ? null : s_forbidden;

    public static Problem? MustEdit(HttpContext context) => context.Actor().Reach(RecordAction.Edit, RecordKinds.Customer).Everybody ? null : s_forbidden;
}
