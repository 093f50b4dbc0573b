using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
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
    private const int MaxNameLength = 200;

    /// <summary>What a multipart body has around its file.</summary>
    private const int MaxAround = 64 * 1024;

    private const int IdSegment = 3;

    private static readonly RecordKind[] s_kinds = [RecordKind.Activity, RecordKind.ToDo, RecordKind.Deal, RecordKind.Lead, RecordKind.Company, RecordKind.Order];

    private static readonly Problem s_badForm = new(
        StatusCodes.Status400BadRequest, "bad-form", "There is no file.", "Send multipart/form-data with one part that has a file name, such as curl -F file=@offer.pdf.");

    private static readonly Problem s_tooLong = new(
        StatusCodes.Status413PayloadTooLarge, "too-long", "The file is too long.", $"It holds at most {Attachments.MaxBytes / (1024 * 1024)} MB.");

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
            files.MapGet("", (HttpContext context, string id) => List(context, kind)).WithName($"list{name}Attachments").WithSummary($"Files of a {kind.Name}")
                .Produces<AttachmentList>().ProducesProblem(StatusCodes.Status404NotFound);
            files.MapPost("", (HttpContext context, string id) => Add(context, kind)).WithName($"add{name}Attachment")
                .WithSummary($"Adds a file to a {kind.Name}; the same one again is answered 200 and is there once").TakesFile()
                .Produces<Attachment>().Produces<Attachment>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status404NotFound)
                .ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
            files.MapGet("/{attachment}", (HttpContext context, string id, string attachment) => Download(context, kind, attachment))
                .WithName($"get{name}Attachment").WithSummary("The file itself").Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
                .ProducesProblem(StatusCodes.Status404NotFound);
            files.MapDelete("/{attachment}", (HttpContext context, string id, string attachment) => Delete(context, kind, attachment))
                .WithName($"delete{name}Attachment").WithSummary("Takes a file away for good").Produces(StatusCodes.Status204NoContent)
                .ProducesProblem(StatusCodes.Status404NotFound);
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
        context.Response.RegisterForDispose(await Files(context).Room(context.RequestAborted));
        if (await Files(context).Get(kind.Name, record.Id, id, context.RequestAborted) is not { } found) return s_missing;
        var headers = context.Response.Headers;
        (headers.XContentTypeOptions, headers.ContentSecurityPolicy, headers.CacheControl) = ("nosniff", "default-src 'none'; sandbox", "private, no-cache");
        return Results.File(
            found.Content, found.Attachment.MediaType, found.Attachment.Name, enableRangeProcessing: true, entityTag: new EntityTagHeaderValue($"\"{found.Attachment.Sha256}\""));
    }

    private static async Task<IResult> Delete(HttpContext context, RecordKind kind, string id)
    {
        var (record, problem) = await FindToEdit(context, kind);
        if (record is null) return problem!;
        return await Files(context).Delete(kind.Name, record.Id, id, context.Cause(), context.RequestAborted) ? Results.NoContent() : s_missing;
    }

    private static async Task<IResult> Add(HttpContext context, RecordKind kind)
    {
        var (record, problem) = await FindToEdit(context, kind);
        if (record is null) return problem!;
        using var room = await Files(context).Room(context.RequestAborted);
        var (name, content, refused) = await Read(context.Request);
        if (content is null) return refused!;
        if (NameProblem(name!) is { } badName) return Bad("name", badName);
        if (content.Length == 0) return Bad("file", "The file is empty.");
        if (FileTypes.Of(name!, content, out var wrong) is not { } mediaType) return Bad("file", wrong!);
        var (end, kept) = await Files(context).Add(kind.Name, record.Id, name!, mediaType, content, context.Cause(), context.RequestAborted);
        return end switch
        {
            AttachmentEnd.Added => Results.Json(kept, statusCode: StatusCodes.Status201Created),
            AttachmentEnd.Same => Results.Ok(kept),
            AttachmentEnd.RecordFull => s_recordFull,
            _ => s_allFull,
        };
    }

    private static Task<(RecordState? Record, Problem? Problem)> Find(HttpContext context, RecordKind kind) =>
        RecordCommands.Find(context, kind.Name, PathSegments.Decoded(context, "id", IdSegment));

    private static async Task<(RecordState? Record, Problem? Problem)> FindToEdit(HttpContext context, RecordKind kind)
    {
        var (record, problem) = await Find(context, kind);
        return record is null || context.Actor().May(RecordAction.Edit, kind.Name, record.Whose) ? (record, problem) : (null, RecordCommands.Forbidden);
    }

    /// <summary>The first file of the form, never more of it in memory than a file may hold.</summary>
    private static async Task<(string? Name, byte[]? Content, Problem? Problem)> Read(HttpRequest request)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = Attachments.MaxBytes + MaxAround;
        if (request.ContentLength > Attachments.MaxBytes + MaxAround) return (null, null, s_tooLong);
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.MediaType != "multipart/form-data"
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 100 } boundary)
            return (null, null, s_badForm);
        try
        {
            var reader = new MultipartReader(boundary.ToString(), request.Body);
            while (await reader.ReadNextSectionAsync(request.HttpContext.RequestAborted) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var said) || !said.IsFileDisposition()) continue;
                var name = HeaderUtilities.RemoveQuotes(said.FileNameStar.HasValue ? said.FileNameStar : said.FileName).ToString();
                return await Content(section.Body, request.HttpContext.RequestAborted) is { } content ? (name, content, null) : (null, null, s_tooLong);
            }
        }
        catch (BadHttpRequestException refusal) when (refusal.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, null, s_tooLong);
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException && !request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return (null, null, s_badForm);
        }

        return (null, null, s_badForm);
    }

    private static async Task<byte[]?> Content(Stream body, CancellationToken stop)
    {
        using var held = new MemoryStream();
        var part = new byte[64 * 1024];
        for (int read; (read = await body.ReadAsync(part, stop)) > 0;)
        {
            if (held.Length + read > Attachments.MaxBytes) return null;
            held.Write(part, 0, read);
        }

        return held.ToArray();
    }

    private static string? NameProblem(string name) =>
        name.Length is 0 or > MaxNameLength || string.IsNullOrWhiteSpace(Path.GetFileNameWithoutExtension(name)) ? $"A file's name has 1 to {MaxNameLength} characters."
        : name.Any(c => char.IsControl(c) || c is '/' or '\\') ? "A file's name has no path in it and no control characters."
        : null;

    private static Problem Bad(string field, string wrong) => RecordRequests.BadFields(new Dictionary<string, string> { [field] = wrong });
}
