using System.Security.Cryptography;
using System.Text;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Microsoft.Net.Http.Headers;

namespace Crm.Records;

/// <summary>The files of a record.</summary>
internal sealed record AttachmentList(IReadOnlyList<Attachment> Items);

/// <summary>
/// Files of records: who may read a record may read them, who may edit it may add and take away. They come back as downloads alone, of
/// the type that was checked when they came.
/// </summary>
internal static class AttachmentEndpoints
{
    private const int IdSegment = 3;

    /// <summary>Tries of a change that meets others of the record.</summary>
    private const int MaxTries = 20;

    private const string Example = """
        {"id":"at_5c1f0a9be2d34c7f8a11","name":"offer.pdf","mediaType":"application/pdf","size":48211,
         "sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","createdAt":"2026-05-01T10:00:00Z","createdBy":"usr_ada"}
        """;

    private static readonly RecordKind[] s_kinds = [RecordKind.Activity, RecordKind.ToDo, RecordKind.Deal, RecordKind.Lead, RecordKind.Company, RecordKind.Order];

    private static readonly Problem s_recordFull = new(
        StatusCodes.Status409Conflict, "too-many", "The record has as many files as it may.", $"It may have {Attachments.MaxOfRecord}; take one away first.");

    private static readonly Problem s_allFull = new(
        StatusCodes.Status507InsufficientStorage, "storage-full", "All files together are as large as they may be.", "An operator can raise CRM_ATTACHMENT_BYTES, or somebody takes files away.");

    private static readonly Problem s_missing = new(
        StatusCodes.Status404NotFound, "not-found", "The record has no such file.", "GET its attachments to see those that it has.");

    public static void MapAttachments(this IEndpointRouteBuilder routes)
    {
        foreach (var kind in s_kinds)
        {
            var name = char.ToUpperInvariant(kind.Name[0]) + kind.Name[1..];
            var files = routes.MapGroup($"/api/v1/{kind.Plural}/{{id}}/attachments").RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Attachments");
            files.MapGet("", (HttpContext context, string id) => List(context, kind)).WithName($"list{name}Attachments").WithSummary($"Files of a {kind.Name}, the oldest first")
                .Produces<AttachmentList>().Shows($"{{\"items\":[{Example}]}}").ProducesProblem(StatusCodes.Status404NotFound);
            files.MapPost("", (HttpContext context, string id) => Add(context, kind)).WithName($"add{name}Attachment")
                .WithSummary($"Adds a file to a {kind.Name}; the same one again is answered 200 and is there once").TakesFile().Asks("RecordIdempotencyKey")
                .Produces<Attachment>().Produces<Attachment>(StatusCodes.Status201Created).Shows(Example).ProducesProblem(StatusCodes.Status400BadRequest)
                .ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
                .ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
                .ProducesProblem(StatusCodes.Status503ServiceUnavailable).ProducesProblem(StatusCodes.Status507InsufficientStorage);
            files.MapGet("/{attachment}", (HttpContext context, string id, string attachment) => Download(context, kind, attachment))
                .WithName($"get{name}Attachment").WithSummary("The file itself, as a download; also parts of it").Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
                .ProducesProblem(StatusCodes.Status404NotFound);
            files.MapDelete("/{attachment}", (HttpContext context, string id, string attachment) => Delete(context, kind, attachment))
                .WithName($"delete{name}Attachment").WithSummary("Takes a file away for good").Produces(StatusCodes.Status204NoContent)
                .ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound);
        }
    }

    private static Attachments Files(HttpContext context) => context.RequestServices.GetRequiredService<Attachments>();

    private static async Task<IResult> List(HttpContext context, RecordKind kind)
    {
        var (record, problem) = await Find(context, kind);
        context.Response.Headers.CacheControl = "no-store";
        return record is null ? problem! : Results.Ok(new AttachmentList(await Files(context).List(kind.Name, record.Id, context.RequestAborted)));
    }

    private static async Task<IResult> Download(HttpContext context, RecordKind kind, string id)
    {
        var (record, problem) = await Find(context, kind);
        if (record is null) return problem!;
        if (await Files(context).Find(kind.Name, record.Id, id, context.RequestAborted) is not { } found) return s_missing;
        var headers = context.Response.Headers;
        (headers.XContentTypeOptions, headers.ContentSecurityPolicy, headers.CacheControl) = ("nosniff", "default-src 'none'; sandbox", "private, no-cache");
        return Results.Stream(
            Files(context).Open(found), found.MediaType, found.Name, enableRangeProcessing: true, entityTag: new EntityTagHeaderValue($"\"{found.Sha256}\""));
    }

    private static Task<IResult> Delete(HttpContext context, RecordKind kind, string id) => Change(context, kind, async record =>
        await Files(context).Delete(kind.Name, record.Id, record.RecordVersion, id, RecordCommands.Cause(context), context.RequestAborted) switch
        {
            AttachmentEnd.Deleted => Results.NoContent(),
            AttachmentEnd.Missing => s_missing,
            _ => null,
        });

    private static async Task<IResult> Add(HttpContext context, RecordKind kind)
    {
        // Before the file is sent, where the client waits for that.
        var (record, problem) = await FindToEdit(context, kind);
        if (record is null) return problem!;
        var (place, full) = await context.RequestServices.GetRequiredService<UploadRoom>().Take(context);
        if (place is null) return full!;
        using var held = place;
        var (file, refused) = await UploadedFile.Read(context.Request);
        if (file is null) return refused!;
        var same = SHA256.HashData(file.Content.Span);
        return await Idempotency.Once(context, [.. Encoding.UTF8.GetBytes(file.Name), 0, .. same], () => Change(context, kind, found => Keep(context, kind, found, file)));
    }

    private static async Task<IResult?> Keep(HttpContext context, RecordKind kind, RecordState record, UploadedFile file)
    {
        var (end, kept) = await Files(context).Add(
            kind.Name, record.Id, record.RecordVersion, file.Name, file.MediaType, file.Content, RecordCommands.Cause(context), context.RequestAborted);
        return end switch
        {
            AttachmentEnd.Added => Results.Json(kept, statusCode: StatusCodes.Status201Created),
            AttachmentEnd.Same => Results.Ok(kept),
            AttachmentEnd.RecordFull => s_recordFull,
            AttachmentEnd.AllFull => s_allFull,
            _ => null,
        };
    }

    // Decided for the record's version: one that was handed to somebody else, or put into the trash, meanwhile is looked at anew.
    private static async Task<IResult> Change(HttpContext context, RecordKind kind, Func<RecordState, Task<IResult?>> change)
    {
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var (record, problem) = await FindToEdit(context, kind);
            if (record is null) return problem!;
            if (await change(record) is { } done) return done;
        }

        return RecordRequests.Stale;
    }

    private static Task<(RecordState? Record, Problem? Problem)> Find(HttpContext context, RecordKind kind) =>
        RecordCommands.Find(context, kind.Name, PathSegments.Decoded(context, "id", IdSegment));

    private static async Task<(RecordState? Record, Problem? Problem)> FindToEdit(HttpContext context, RecordKind kind)
    {
        var (record, problem) = await Find(context, kind);
        return record is null || context.Actor().May(RecordAction.Edit, kind.Name, record.Whose) ? (record, problem) : (null, RecordCommands.Forbidden);
    }
}
