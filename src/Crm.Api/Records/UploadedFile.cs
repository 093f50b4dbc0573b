using Crm.Hosting;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Crm.Records;

/// <summary>A file as it came: a name, a content, and the type that both agree on.</summary>
internal sealed record UploadedFile(string Name, ReadOnlyMemory<byte> Content, string MediaType)
{
    /// <summary>Longest body: the longest file, and what a form has around it.</summary>
    public const int MaxBodyBytes = Attachments.MaxBytes + 64 * 1024;

    private const int MaxNameLength = 200;
    private const int MaxBoundaryLength = 100;
    private const int FirstBytes = 64 * 1024;

    private static readonly Problem s_badForm = new(
        StatusCodes.Status400BadRequest, "bad-form", "There is no file.", "Send multipart/form-data with one part that has a file name, such as curl -F file=@offer.pdf.");

    private static readonly Problem s_many = s_badForm with { Title = "There is more than one file.", Detail = "Send each with a request of its own. Nothing was kept." };

    private static readonly Problem s_tooLong = new(
        StatusCodes.Status413PayloadTooLarge, "too-long", "The file is too long.", $"It holds at most {Attachments.MaxBytes / (1024 * 1024)} MB.");

    /// <summary>The one file of the form, or what is wrong. No more of it is ever in memory than a file may hold.</summary>
    public static async Task<(UploadedFile? File, Problem? Problem)> Read(HttpRequest request)
    {
        if (request.ContentLength > MaxBodyBytes) return (null, s_tooLong);
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.MediaType != "multipart/form-data"
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= MaxBoundaryLength } boundary)
            return (null, s_badForm);
        try
        {
            var (name, content, problem) = await Form(new MultipartReader(boundary.ToString(), request.Body), request);
            return problem is null ? Checked(name!, content) : (null, problem);
        }
        catch (BadHttpRequestException refusal) when (refusal.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, s_tooLong);
        }
        catch (Exception broken) when (broken is IOException and not BadHttpRequestException or InvalidDataException && !request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return (null, s_badForm);
        }
    }

    // To its end: a second file that was left aside would look like kept.
    private static async Task<(string? Name, ReadOnlyMemory<byte> Content, Problem? Problem)> Form(MultipartReader form, HttpRequest request)
    {
        var stop = request.HttpContext.RequestAborted;
        (string Name, ReadOnlyMemory<byte> Content)? file = null;
        while (await form.ReadNextSectionAsync(stop) is { } part)
        {
            if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var said) || !said.IsFileDisposition()) continue;
            if (file is not null) return (null, default, s_many);
            if (await Whole(part.Body, request.ContentLength, stop) is not { } content) return (null, default, s_tooLong);
            file = (Named(said), content);
        }

        return file is { } found ? (found.Name, found.Content, null) : (null, default, s_badForm);
    }

    private static async Task<ReadOnlyMemory<byte>?> Whole(Stream body, long? announced, CancellationToken stop)
    {
        var content = new byte[Math.Clamp(announced ?? 0, FirstBytes, Attachments.MaxBytes)];
        for (var length = 0; ;)
        {
            if (length == content.Length && length < Attachments.MaxBytes) Array.Resize(ref content, Math.Min(2 * length, Attachments.MaxBytes));
            if (length == content.Length) return await body.ReadAsync(new byte[1], stop) == 0 ? content.AsMemory(0, length) : default(ReadOnlyMemory<byte>?);
            var read = await body.ReadAsync(content.AsMemory(length), stop);
            if (read == 0) return content.AsMemory(0, length);
            length += read;
        }
    }

    // Browsers and curl write a quotation mark, and an end of a line, so.
    private static string Named(ContentDispositionHeaderValue said) => (said.FileNameStar.HasValue
        ? HeaderUtilities.RemoveQuotes(said.FileNameStar).ToString()
        : HeaderUtilities.UnescapeAsQuotedString(said.FileName).ToString()
            .Replace("%22", "\"", StringComparison.Ordinal).Replace("%0D", "\r", StringComparison.Ordinal).Replace("%0A", "\n", StringComparison.Ordinal)).Trim();

    private static (UploadedFile? File, Problem? Problem) Checked(string name, ReadOnlyMemory<byte> content)
    {
        if (NameProblem(name) is { } badName) return Bad("name", badName);
        if (content.IsEmpty) return Bad("file", "The file is empty.");
        return FileTypes.Of(name, content.Span, out var wrong) is { } mediaType ? (new UploadedFile(name, content, mediaType), null) : Bad("file", wrong!);
    }

    private static string? NameProblem(string name) =>
        name.Length is 0 or > MaxNameLength || string.IsNullOrWhiteSpace(Path.GetFileNameWithoutExtension(name)) ? $"A file's name has 1 to {MaxNameLength} characters."
        : name.Any(c => char.IsControl(c) || c is '/' or '\\' || TurnsText(c)) ? "A file's name has no path in it and no control characters."
        : null;

    // What makes the end of a name look like its middle.
    private static bool TurnsText(char sign) => sign is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private static (UploadedFile? File, Problem? Problem) Bad(string field, string wrong) =>
        (null, RecordRequests.BadFields(new Dictionary<string, string> { [field] = wrong }));
}
