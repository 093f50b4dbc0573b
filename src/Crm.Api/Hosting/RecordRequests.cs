using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Crm.Hosting;

/// <summary>What requests about records share: bodies, ETags, pages.</summary>
internal static class RecordRequests
{
    /// <summary>Longest body, in bytes: the longest schema, and room for the rest.</summary>
    public const int MaxBodyBytes = 128 * 1024;

    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    private const int FirstBytes = 16 * 1024;
    private const int MaxDepth = 64;
    private const int MaxCursorLength = 600;

    private static readonly Problem s_badBody = new(
        StatusCodes.Status400BadRequest, "bad-body", "The body cannot be used.", "Send one JSON object of at most");

    public static readonly Problem Stale = new(
        StatusCodes.Status412PreconditionFailed, "stale", "Somebody changed it meanwhile.", "Read it again, and decide with what it is now.");

    public static readonly Problem BadCursor = BadQuery("cursor must be the next_cursor of the page before, unchanged.");

    /// <summary>The body as one JSON object, an empty one for no body; null and the problem when it is none.</summary>
    public static async Task<(JsonObject? Body, Problem? Problem)> Object(HttpRequest request)
    {
        var badBody = s_badBody with { Detail = $"{s_badBody.Detail} {BodyLimit.Of(request.HttpContext) / 1024} KB." };
        if (await Bytes(request) is not { } bytes) return (null, badBody);
        if (bytes.Length == 0) return ([], null);
        try
        {
            var options = new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
            if (JsonNode.Parse(bytes, documentOptions: options) is not JsonObject body) return (null, badBody);
            Read(body);
            return (body, null);
        }
        catch (Exception wrong) when (wrong is JsonException or ArgumentException or InvalidOperationException)
        {
            return (null, badBody with { Detail = badBody.Detail + " " + wrong.Message });
        }
    }

    // Half a sign of UTF-16 is found when a text is read, and then wherever that happens to be: so here.
    private static void Read(JsonNode? node)
    {
        if (node is JsonObject inside)
            foreach (var (_, member) in inside) Read(member);
        else if (node is JsonArray list)
            foreach (var entry in list) Read(entry);
        else if (node is JsonValue value) value.TryGetValue(out string? _);
    }

    /// <summary>The body; null when it is too long.</summary>
    public static async Task<byte[]?> Bytes(HttpRequest request)
    {
        var (max, stop) = (BodyLimit.Of(request.HttpContext), request.HttpContext.RequestAborted);
        if (request.ContentLength > max) return null;
        var buffer = new byte[Math.Min(request.ContentLength ?? FirstBytes, max) + 1];
        for (var length = 0; ;)
        {
            length += await request.Body.ReadAtLeastAsync(buffer.AsMemory(length), buffer.Length - length, throwOnEndOfStream: false, stop);
            if (length < buffer.Length) return buffer[..length];
            if (length > max) return null;
            Array.Resize(ref buffer, Math.Min(2 * buffer.Length, max + 1));
        }
    }

    /// <summary>The ETag of a version.</summary>
    public static string ETag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>The version that <c>If-Match</c> names; null for none or any (<c>*</c>). A text that is no version of ours is never the present one.</summary>
    public static long? IfMatch(HttpRequest request) => request.Headers.IfMatch.ToString() switch
    {
        "" or "*" => null,
        ['"', .. var version, '"'] when long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => -1,
    };

    /// <summary>Whether the caller has this version already.</summary>
    public static bool HasIt(HttpRequest request, long version) => request.Headers.IfNoneMatch.Contains(ETag(version));

    /// <summary>A record with its ETag; 304 when the caller has it.</summary>
    public static IResult Record<T>(HttpContext context, T record, long version)
    {
        context.Response.Headers.ETag = ETag(version);
        if (HttpMethods.IsGet(context.Request.Method) && HasIt(context.Request, version)) return Results.StatusCode(StatusCodes.Status304NotModified);
        return Results.Ok(record);
    }

    /// <summary>Reads <c>limit</c> and <c>cursor</c>; the cursor is null for the first page.</summary>
    public static bool TryPage(HttpRequest request, out int limit, out string? cursor, [NotNullWhen(false)] out Problem? problem)
    {
        (limit, cursor, problem) = (DefaultLimit, null, null);
        if (request.Query["limit"].ToString() is { Length: > 0 } limitText
            && (!int.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
            problem = BadQuery($"limit must be a whole number from 1 to {MaxLimit}.");
        else if (request.Query["cursor"].ToString() is { Length: > 0 } cursorText)
        {
            if (cursorText.Length <= MaxCursorLength && Base64Url.IsValid(cursorText)) cursor = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursorText));
            else problem = BadCursor;
        }

        return problem is null;
    }

    /// <summary>A page of <c>{data, next_cursor}</c>, and its <c>Link</c>.</summary>
    /// <param name="found">One more than <paramref name="limit"/> when there is a next page.</param>
    /// <param name="cursor">What the page after a record begins behind.</param>
    public static IResult Page<TRecord, TView>(
        HttpContext context, IReadOnlyList<TRecord> found, int limit, Func<TRecord, TView> view, Func<TRecord, string> cursor) =>
        Results.Ok(new PageOf<TView>([.. found.Take(limit).Select(view)], Next(context, found, limit, cursor)));

    /// <summary>The cursor of the page after this one, which <c>Link</c> names, too; null on the last page.</summary>
    /// <param name="found">One more than <paramref name="limit"/> when there is a next page.</param>
    /// <param name="cursor">What the page after a record begins behind.</param>
    public static string? Next<TRecord>(HttpContext context, IReadOnlyList<TRecord> found, int limit, Func<TRecord, string> cursor) =>
        found.Count > limit ? Next(context, cursor(found[limit - 1])) : null;

    /// <summary>The cursor of the page that begins behind a place, which <c>Link</c> names, too.</summary>
    public static string Next(HttpContext context, string place)
    {
        var next = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(place));
        var query = QueryString.Create(context.Request.Query.Where(q => q.Key != "cursor").Append(new("cursor", next)));
        context.Response.Headers.Link = $"<{context.Request.Path.ToUriComponent()}{query}>; rel=\"next\"";
        return next;
    }

    public static Problem BadQuery(string detail) => new(StatusCodes.Status400BadRequest, "bad-query", "A part of the query cannot be used.", detail);

    /// <summary>A problem of a body's fields.</summary>
    public static Problem BadFields(IReadOnlyDictionary<string, string> errors) =>
        new(StatusCodes.Status422UnprocessableEntity, "bad-fields", "Some fields cannot be used.", string.Join(' ', errors.Values))
        {
            Errors = errors.ToDictionary(e => e.Key, e => new[] { e.Value }),
        };

    /// <summary>Applies a merge-patch (RFC 7396).</summary>
    public static JsonNode? MergePatch(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        var result = target is JsonObject there ? (JsonObject)there.DeepClone() : [];
        foreach (var (name, change) in changes)
        {
            if (change is null) result.Remove(name);
            else result[name] = MergePatch(result[name], change);
        }

        return result;
    }
}

/// <summary>A page of a list.</summary>
internal sealed record PageOf<T>(
    IReadOnlyList<T> Data, [property: System.Text.Json.Serialization.JsonPropertyName("next_cursor")] string? NextCursor);
