using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>What is taken out of segments: the first by a field, all members as a file, and who entered and left as programs follow it.</summary>
internal static class SegmentMemberEndpoints
{
    private const int MostTop = 100;
    private const int UsualTop = 10;

    public static void MapSegmentMembers(this RouteGroupBuilder segments)
    {
        segments.MapGet("/changes", Changes).WithName("followSegments")
            .WithSummary("Who entered and left any segment, in order: ask again with ?after= the last number; none is missed, and none comes twice").Asks("RecordLimit", "SegmentNumber")
            .Produces<SegmentNewsPage>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden);
        segments.MapGet("/{id}/top", Top).WithName("topOfSegment").WithSummary("The first of its members by a field that customers can be sorted by, such as revenue or score").Asks("SegmentTopBy", "SegmentTopLimit")
            .Produces<SegmentTop>().Produces(StatusCodes.Status304NotModified).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        segments.MapGet("/{id}/export", Export).WithName("exportSegment").WithSummary("Takes all members out, as CSV or lines of JSON, with what your role sees of them; it is noted in the audit").Asks("RecordFormat", "RecordFilter", "RecordSort", "RecordFields")
            .Produces<string>(StatusCodes.Status200OK, "text/csv").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> Changes(HttpContext context, ISegmentNews news)
    {
        if (SegmentEndpoints.MustReadAll(context) is { } refused) return refused;
        if (ListRequest.Limit(context.Request.Query["limit"].ToString()) is not { } limit) return RecordRequests.BadQuery($"limit must be a whole number from 1 to {RecordRequests.MaxLimit}.");
        var asked = context.Request.Query["after"].ToString();
        if (asked.Length == 0) return Results.Ok(new SegmentNewsPage([], await news.Last(context.RequestAborted)));
        if (!long.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var after)) return RecordRequests.BadQuery("after must be the last of the answer before.");
        var items = await news.After(after, limit, context.RequestAborted);
        return Results.Ok(new SegmentNewsPage(items, items.Count == 0 ? after : items[^1].Number));
    }

    private static async Task<IResult> Top(HttpContext context, SegmentDirectory segments, RecordLists lists, string id)
    {
        if (SegmentEndpoints.MustRead(context) is { } refused) return refused;
        if (await segments.Find(id, context.RequestAborted) is null) return SegmentEndpoints.Unknown;
        var (by, asked) = (context.Request.Query["by"].ToString() is { Length: > 0 } given ? given : "revenue", context.Request.Query["limit"].ToString());
        if (context.Seen(RecordKind.Customer).Find(by) is not { IsCompared: true, Type: not (FieldType.Choices or FieldType.Texts) } sort) return RecordRequests.BadQuery($"by: there is no field {by} to sort by.");
        var limit = UsualTop;
        if (asked.Length > 0 && (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MostTop))
            return RecordRequests.BadQuery($"limit must be a whole number from 1 to {MostTop}.");
        try
        {
            var page = await lists.Page(
                new RecordQuery(RecordKind.Customer, context.Actor().Reach(RecordAction.Read, RecordKinds.Customer)) { Filter = In(id), Sort = sort, Descending = true, Limit = limit }, context.RequestAborted);
            var (actor, fields) = (context.Actor(), context.Fields(RecordKinds.Customer));
            return Answer(context, new SegmentTop(by, [.. page.Records.Where(r => r.SortValue is not null).Select(r => Place(RecordJson.Of(r.State, actor, fields), by))]));
        }
        catch (ListTooSlowException)
        {
            return RecordReads.TooSlow;
        }
    }

    private static async Task<IResult> Export(HttpContext context, SegmentDirectory segments, string id)
    {
        if (SegmentEndpoints.MustRead(context) is { } refused) return refused;
        return await segments.Find(id, context.RequestAborted) is null ? SegmentEndpoints.Unknown : await RecordExport.Run(context, RecordKind.Customer, In(id), id);
    }

    private static Filter In(string segment) => new Filter.OneOf(RecordKind.Customer.Find(SegmentFields.Segments)!, [new FilterValue.Text(segment)]);

    private static SegmentPlace Place(JsonObject customer, string by) => new(
        (string)customer["id"]!, (string?)customer["name"],
        (by.StartsWith(CustomField.Prefix, StringComparison.Ordinal) ? customer[KindFields.Member]?[by[CustomField.Prefix.Length..]] : customer[by])?.DeepClone());

    // Thousands may ask again and again what seldom changes.
    private static IResult Answer(HttpContext context, SegmentTop top)
    {
        var told = string.Join('\n', top.Items.Select(i => $"{i.Id} {i.Name} {i.Value?.ToJsonString()}"));
        var tag = "\"" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(told))[..12]) + "\"";
        (context.Response.Headers.ETag, context.Response.Headers.CacheControl) = (tag, "private, no-cache");
        return context.Request.Headers.IfNoneMatch.Contains(tag) ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Ok(top);
    }
}

/// <summary>Who entered and left, in order.</summary>
/// <param name="Items">After the number that was asked for.</param>
/// <param name="Last">To be asked for next.</param>
internal sealed record SegmentNewsPage(IReadOnlyList<SegmentNewsItem> Items, long Last);

/// <summary>The first of a segment.</summary>
/// <param name="By">The field.</param>
/// <param name="Items">Who has most of it first.</param>
internal sealed record SegmentTop(string By, IReadOnlyList<SegmentPlace> Items);

/// <summary>One of them.</summary>
/// <param name="Value">Of the field, as in the customer's record.</param>
internal sealed record SegmentPlace(string Id, string? Name, JsonNode? Value);
