using System.Globalization;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>Which dead letters to replay or remove: by ids, or by a filter.</summary>
internal sealed record LetterAction(IReadOnlyList<string>? Ids, LetterActionFilter? Filter, int? Limit);

/// <summary>Which dead letters are meant; what is left out does not matter.</summary>
internal sealed record LetterActionFilter(string? Source, string? Reason, string? Stage, DateTimeOffset? Since, DateTimeOffset? Until);

/// <summary>How many dead letters there are of a source and reason.</summary>
internal sealed record LetterCountView(
    string Source, string Stage, string Reason, string Detail, long Open, long Replayed, DateTimeOffset Oldest, DateTimeOffset Newest);

/// <summary>How many dead letters a removal found.</summary>
internal sealed record LettersRemoved(long Removed);

/// <summary>Dead letters, by those who may administer what is taken.</summary>
internal static class DeadLetterEndpoints
{
    private static readonly Problem s_unknown = new(
        StatusCodes.Status404NotFound, "dead-letter-unknown", "There is no such dead letter.", "It was removed, or its time was over.");

    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        var letters = routes.MapGroup("/api/v1/dead-letters").RequireAuthorization(Policies.ManageEvents).WithTags("Dead letters");
        letters.MapGet("", List).WithName("listDeadLetters")
            .WithSummary("Dead letters, newest first; chosen by ?source= &reason= &stage= &replayed= &since= &until=").Produces<PageOf<LetterView>>();
        letters.MapGet("/counts", Counts).WithName("countDeadLetters").WithSummary("How many there are per source and reason").Produces<PageOf<LetterCountView>>();
        letters.MapGet("/{id}", Get).WithName("getDeadLetter").WithSummary("A dead letter with its whole sample").Produces<LetterView>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        letters.MapDelete("/{id}", Remove).WithName("deleteDeadLetter").WithSummary("Removes a dead letter").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        letters.MapPost("/replay", Again).WithName("replayDeadLetters")
            .WithSummary("Sends events through the accept path again, with their messageIds and times; each at most once")
            .WithMetadata(IdempotentEndpoint.Instance).Takes<LetterAction>().Produces<PageOf<LetterResult>>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        letters.MapPost("/delete", RemoveMany).WithName("deleteDeadLetters").WithSummary("Removes dead letters")
            .WithMetadata(IdempotentEndpoint.Instance).Takes<LetterAction>().Produces<LettersRemoved>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> List(HttpContext context, DeadLetterStore letters)
    {
        if (!RecordRequests.TryPage(context.Request, out var limit, out var cursor, out var problem)) return problem;
        if (LetterChoice.From(context.Request.Query, out problem) is not { } filter) return problem!;
        var after = default(KeptLetter);
        if (cursor is not null && (after = Behind(cursor)) is null) return RecordRequests.BadCursor;
        context.Response.Headers.CacheControl = "no-store";
        var found = await letters.List(filter, limit + 1, after, context.RequestAborted);
        var people = context.MayReadPeople();
        return RecordRequests.Page(context, found, limit, l => LetterView.Of(l, people, LetterView.ListedBytes), Cursor);
    }

    private static async Task<IResult> Counts(HttpContext context, DeadLetterStore letters)
    {
        if (LetterChoice.From(context.Request.Query, out var problem) is not { } filter) return problem!;
        var counts = await letters.Counts(filter, context.RequestAborted);
        return Results.Ok(new PageOf<LetterCountView>(
            [.. counts.Select(c => new LetterCountView(c.Source, c.Silo ? "silo" : "ingest", c.Code, c.Reason, c.Open, c.Replayed, c.Oldest, c.Newest))], null));
    }

    private static async Task<IResult> Get(string id, HttpContext context, DeadLetterStore letters)
    {
        context.Response.Headers.CacheControl = "no-store";
        return LetterId.TryParse(id, out var letter) && await letters.Get([letter], context.RequestAborted) is [var found]
            ? Results.Ok(LetterView.Of(found, context.MayReadPeople(), int.MaxValue))
            : s_unknown;
    }

    private static async Task<IResult> Remove(string id, HttpContext context, DeadLetterStore letters) =>
        LetterId.TryParse(id, out var letter) && await letters.Delete([letter], context.RequestAborted) == 1 ? Results.NoContent() : s_unknown;

    private static async Task<IResult> Again(HttpContext context, DeadLetterStore letters, Replay replay)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null || LetterChoice.From(body, out problem) is not { } choice) return problem!;
        var ids = await choice.Find(letters, choice.Filter with { Replayed = false }, context.RequestAborted);
        return Results.Ok(new PageOf<LetterResult>(await replay.Run(ids, context.RequestAborted), null));
    }

    private static async Task<IResult> RemoveMany(HttpContext context, DeadLetterStore letters)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null || LetterChoice.From(body, out problem) is not { } choice) return problem!;
        var ids = await choice.Find(letters, choice.Filter, context.RequestAborted);
        return Results.Ok(new LettersRemoved(await letters.Delete(ids, context.RequestAborted)));
    }

    private static string Cursor(KeptLetter letter) => string.Create(CultureInfo.InvariantCulture, $"{letter.At.UtcTicks}.{letter.Id}");

    private static KeptLetter? Behind(string cursor) =>
        cursor.Split('.') is [var ticks, var id] && LetterId.TryParse(id, out var letter)
        && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= DateTime.MaxValue.Ticks
            ? new KeptLetter(letter, new DateTimeOffset(at, TimeSpan.Zero), "", "", "")
            : null;
}
