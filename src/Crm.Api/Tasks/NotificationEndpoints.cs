using System.Globalization;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Tasks;

/// <summary>A record as it is named.</summary>
internal sealed record RecordName(string Kind, string Id);

/// <summary>A notification as it is answered.</summary>
/// <param name="Kind"><c>task.reminder</c>: the task's <c>remindAt</c> has come. <c>task.assigned</c>: somebody gave you the task.</param>
/// <param name="At">When it was to come: the reminder's time, the assignment's.</param>
/// <param name="ReadAt">Null while it is unread.</param>
/// <param name="Record">What it tells of; null when that is in the trash, or not yours to see any more.</param>
/// <param name="Title">What the record is known by, as it is now; null where you may not see it.</param>
internal sealed record NotificationView(string Id, string Kind, DateTimeOffset At, DateTimeOffset? ReadAt, RecordName? Record, string? Title);

/// <summary>A page of notifications.</summary>
/// <param name="Unread">How many are unread in all; 1,000 at most are counted.</param>
internal sealed record NotificationPage(
    IReadOnlyList<NotificationView> Data, [property: System.Text.Json.Serialization.JsonPropertyName("next_cursor")] string? NextCursor, int Unread);

/// <summary>How many notifications are unread still.</summary>
internal sealed record UnreadCount(int Unread);

/// <summary>What has been read.</summary>
/// <param name="UpTo">The id of the newest notification that was shown: those that came after it stay unread.</param>
internal sealed record ReadNotifications(string UpTo);

/// <summary>
/// What a person is told: each one's own alone. The record that it tells of is shown by the rule of access as it is now: where it may not be
/// seen any more, that there was something is all that is left.
/// </summary>
internal static class NotificationEndpoints
{
    private const string Page = """
        {"data":[{"id":"712","kind":"task.reminder","at":"2026-05-04T08:45:00+00:00","readAt":null,
          "record":{"kind":"task","id":"ta_9r2kq0v4m1c8s7e5t3bd"},"title":"Send the offer"}],"next_cursor":null,"unread":1}
        """;

    private static readonly Problem s_unknown = new(
        StatusCodes.Status404NotFound, "notification-unknown", "You have no such notification.", "GET /api/v1/me/notifications lists those that you have.");

    private static readonly Problem s_upTo = RecordRequests.BadFields(new Dictionary<string, string>
    {
        ["upTo"] = "upTo: It is the id of the newest notification that was shown.",
    });

    public static void MapNotifications(this IEndpointRouteBuilder routes)
    {
        var own = routes.MapGroup("/api/v1/me/notifications").WithTags("People").RequireAuthorization(Policies.Person);
        own.MapGet("", List).WithName("listMyNotifications").WithSummary("What you are told, newest first: reminders, tasks that somebody gave you")
            .Asks("NotificationUnread", "RecordLimit", "PageCursor").Produces<NotificationPage>().Shows(Page).ProducesProblem(StatusCodes.Status400BadRequest);
        own.MapPost("/{id}/read", ReadOne).WithName("readMyNotification").WithSummary("Notes that you have read it")
            .Produces<UnreadCount>().ProducesProblem(StatusCodes.Status404NotFound);
        own.MapPost("/read", ReadUpTo).WithName("readMyNotifications").WithSummary("Notes that you have read all up to one")
            .Takes<ReadNotifications>().Produces<UnreadCount>().ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> List(HttpContext context, Notifications notifications, LinkedRecords records)
    {
        if (!RecordRequests.TryPage(context.Request, out var limit, out var cursor, out var problem)) return problem;
        if (context.Request.Query.Keys.FirstOrDefault(k => k is not ("unread" or "limit" or "cursor")) is { } unknown)
            return RecordRequests.BadQuery($"There is no {unknown} here: unread, limit and cursor can be used.");
        var (only, user) = (context.Request.Query["unread"].ToString(), context.Actor().User!);
        if (only is not ("" or "true" or "false")) return RecordRequests.BadQuery("unread is true or false.");
        if (cursor is not null && Number(cursor) is null) return RecordRequests.BadCursor;
        var found = await notifications.Page(user, only == "true", cursor is null ? null : Number(cursor), limit + 1, context.RequestAborted);
        var page = found.Take(limit).ToArray();
        var seen = await records.Readable(page.Select(n => (n.RecordKind, n.RecordId)), context.Actor(), context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Ok(new NotificationPage(
            [.. page.Select(n => View(n, seen.GetValueOrDefault((n.RecordKind, n.RecordId)), context.Actor()))],
            RecordRequests.Next(context, found, limit, n => Text(n.Id)),
            await notifications.Unread(user, context.RequestAborted)));
    }

    private static async Task<IResult> ReadOne(string id, HttpContext context, Notifications notifications) =>
        Number(id) is { } number && await notifications.Read(context.Actor().User!, number, context.RequestAborted) ? await Unread(context, notifications) : s_unknown;

    private static async Task<IResult> ReadUpTo(HttpContext context, Notifications notifications)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (body.Count != 1 || SourceFields.Text(body["upTo"]) is not { } id || Number(id) is not { } number) return s_upTo;
        await notifications.ReadUpTo(context.Actor().User!, number, context.RequestAborted);
        return await Unread(context, notifications);
    }

    private static async Task<IResult> Unread(HttpContext context, Notifications notifications) =>
        Results.Ok(new UnreadCount(await notifications.Unread(context.Actor().User!, context.RequestAborted)));

    private static NotificationView View(Notification told, RecordState? record, Actor actor) => new(
        Text(told.Id), told.Kind, told.At, told.ReadAt,
        record is null ? null : new RecordName(record.Kind, record.Id),
        record is null ? null : (string?)RecordJson.Title(RecordJson.Of(record, actor)));

    private static long? Number(string id) => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
