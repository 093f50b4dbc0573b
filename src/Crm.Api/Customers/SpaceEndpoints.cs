using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Crm.Access;
using Crm.Clickstream;
using Crm.Hosting;

namespace Crm.Customers;

/// <summary>
/// Profiles in the shape of Segment's Profile API, for programs that read them there. The space may have any name: there is one.
/// </summary>
internal static class SpaceEndpoints
{
    private const string Path = "/v1/spaces/{space}/collections/users/profiles/{id}";
    private const int IdSegment = 6;
    private const int DefaultLimit = 10;

    /// <summary>Traits and events of one page.</summary>
    private const int MaxLimit = 200;

    private static readonly Problem s_badQuery = new(
        StatusCodes.Status400BadRequest, "bad-query", "A part of the query cannot be used.",
        $"limit must be a whole number from 1 to {MaxLimit}, next the cursor.next of the page before, unchanged.");

    private static readonly Problem s_historyDown = new(
        StatusCodes.Status503ServiceUnavailable, "history-unavailable", "The history cannot be read now.",
        "The database does not answer. Try again after the pause.", 2);

    public static void MapSpaces(this IEndpointRouteBuilder routes)
    {
        var profiles = routes.MapGroup(Path).RequireAuthorization(Policies.Read).ExcludeFromDescription();
        profiles.MapGet("/traits", c => Page(c, Traits));
        profiles.MapGet("/external_ids", c => Page(c, ExternalIds));
        profiles.MapGet("/metadata", c => Page(c, Metadata));
        profiles.MapGet("/links", c => Page(c, Links));
        profiles.MapGet("/events", Events);
    }

    /// <summary>Which page: at most so many, from the given place on; null when the query cannot be used.</summary>
    private static (int Limit, string Next)? Wish(HttpContext context)
    {
        var limit = DefaultLimit;
        var text = context.Request.Query["limit"].ToString();
        if (text.Length > 0 && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit)) return null;
        return (limit, context.Request.Query["next"].ToString());
    }

    private static async Task Page(HttpContext context, Func<CustomerView, HashSet<string>?, IEnumerable<Action<Utf8JsonWriter>>> items)
    {
        var from = 0;
        if (Wish(context) is not (var limit, var next)
            || (next.Length > 0 && !int.TryParse(next, NumberStyles.None, CultureInfo.InvariantCulture, out from)))
        {
            await Problems.Write(context, s_badQuery);
            return;
        }

        if (await CustomerEndpoints.Find(context, IdSegment) is not { View: { } view }) return;
        var page = items(view, Included(context)).Skip(from).Take(limit + 1).ToArray();
        await Write(context, limit, page.Length > limit ? (from + limit).ToString(CultureInfo.InvariantCulture) : null, json => Body(context, json, page.Take(limit)));
    }

    private static HashSet<string>? Included(HttpContext context) => context.Request.Query["include"].ToString() is { Length: > 0 } include
        ? include.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal)
        : null;

    private static void Body(HttpContext context, Utf8JsonWriter json, IEnumerable<Action<Utf8JsonWriter>> items)
    {
        var name = context.Request.Path.Value![(context.Request.Path.Value!.LastIndexOf('/') + 1)..];
        var isObject = name is "traits" or "metadata";
        if (isObject) json.WriteStartObject(name);
        else json.WriteStartArray("data");
        foreach (var item in items) item(json);
        if (isObject) json.WriteEndObject();
        else json.WriteEndArray();
    }

    private static IEnumerable<Action<Utf8JsonWriter>> Traits(CustomerView view, HashSet<string>? include) => view.Traits
        .Where(t => include?.Contains(t.Key) ?? true)
        .OrderBy(t => t.Key, StringComparer.Ordinal)
        .Select(trait => (Action<Utf8JsonWriter>)(json =>
        {
            json.WritePropertyName(trait.Key);
            json.WriteRawValue(trait.Value, skipInputValidation: true);
        }));

    private static IEnumerable<Action<Utf8JsonWriter>> ExternalIds(CustomerView view, HashSet<string>? include) =>
        from kind in view.ExternalIds
        where include?.Contains(kind.Key) ?? true
        from id in kind.Value
        select (Action<Utf8JsonWriter>)(json => ExternalId(json, kind.Key, id, "users"));

    private static void ExternalId(Utf8JsonWriter json, string kind, string id, string collection)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("type", kind);
        json.WriteString("collection", collection);
        json.WriteString("encoding", "none");
        json.WriteEndObject();
    }

    private static IEnumerable<Action<Utf8JsonWriter>> Metadata(CustomerView view, HashSet<string>? include) =>
    [
        json => json.WriteString("id", view.Id),
        json => CustomerJson.Time(json, "created_at", view.FirstSeenMs),
        json => CustomerJson.Time(json, "updated_at", view.LastSeenMs),
        json => json.WriteNull("expires_at"),
    ];

    private static IEnumerable<Action<Utf8JsonWriter>> Links(CustomerView view, HashSet<string>? include) => view.Groups.Keys
        .Select(group => (Action<Utf8JsonWriter>)(json =>
        {
            json.WriteStartObject();
            json.WriteString("to_collection", "accounts");
            json.WriteStartArray("external_ids");
            ExternalId(json, "group_id", group, "accounts");
            json.WriteEndArray();
            json.WriteEndObject();
        }));

    private static async Task Events(HttpContext context)
    {
        HistoryCursor? before = null;
        if (Wish(context) is not (var limit, var next) || (next.Length > 0 && !HistoryQuery.TryCursor(next, out before)))
        {
            await Problems.Write(context, s_badQuery);
            return;
        }

        if (await CustomerEndpoints.Find(context, IdSegment) is not { View: { } view }) return;
        try
        {
            var filter = new HistoryFilter(Name: context.Request.Query["include"].ToString() is { Length: > 0 } name ? name : null);
            var page = await context.RequestServices.GetRequiredService<IHistory>().Read(view.Lanes, before, limit, filter, context.RequestAborted);
            await Write(context, limit, page.Next is null ? null : HistoryQuery.CursorText(page.Next), json =>
            {
                json.WriteStartArray("data");
                foreach (var item in page.Items) Event(json, item);
                json.WriteEndArray();
            });
        }
        catch (Exception failure) when (failure is DbException or TimeoutException or IOException)
        {
            await Problems.Write(context, s_historyDown);
        }
    }

    private static void Event(Utf8JsonWriter json, HistoryItem item)
    {
        json.WriteStartObject();
        json.WriteString("message_id", item.MessageId);
        json.WriteString("type", item.Type.ToString().ToLowerInvariant());
        if (item.Name is not null) json.WriteString(item.Type == EventType.Track ? "event" : "name", item.Name);
        json.WriteString("source_id", item.Source);
        CustomerJson.Time(json, "timestamp", item.TimestampMs);
        json.WriteStartArray("external_ids");
        ExternalId(json, item.Lane[0] switch { 'u' => "user_id", 'a' => "anonymous_id", _ => "crm_id" }, item.Lane[2..], "users");
        json.WriteEndArray();
        HistoryJson.Members(json, item.Body.Span);
        json.WriteEndObject();
    }

    private static async Task Write(HttpContext context, int limit, string? next, Action<Utf8JsonWriter> members)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        members(json);
        json.WriteStartObject("cursor");
        json.WriteString("url", context.Request.Path);
        json.WriteBoolean("has_more", next is not null);
        json.WriteString("next", next ?? "");
        json.WriteNumber("limit", limit);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
