using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Auditing;

/// <summary>A line of the audit as it is answered.</summary>
/// <param name="By">Who did it: a user's or key's id, or <c>crm</c>.</param>
/// <param name="Record">Which one; empty where it was many.</param>
/// <param name="Changes">What changed; null when an erasure took it away.</param>
/// <param name="Number">Its place in the chain; null for seconds after it was written.</param>
/// <param name="Link">The hash that chains it to all before.</param>
internal sealed record AuditView(
    string Id, DateTimeOffset At, string By, string? Address, string Kind, string Record, string Action, JsonNode? Changes, long? Number, string? Link)
{
    public static AuditView Of(AuditEntry line) => new(
        line.Id.ToString(CultureInfo.InvariantCulture), line.At, line.By, line.Address, line.Kind, line.Record, line.Action,
        line.Changes is null ? null : JsonNode.Parse(line.Changes), line.ChainSeq, line.Chained is null ? null : Convert.ToHexStringLower(line.Chained));
}

/// <summary>Who did what, for administrators. That somebody looked stands in the audit itself.</summary>
internal static class AuditEndpoints
{
    private const int MaxText = 300;

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Only administrators may read the audit.", "Ask one, or let one give you that role.");

    public static void MapAudit(this IEndpointRouteBuilder routes) => routes.MapGroup("/api/v1/audit").RequireAuthorization(Policies.Records).WithTags("Audit")
        .MapGet("", List).WithName("listAudit").WithSummary("Who changed what, newest first; by kind, record, user, from and to")
        .Produces<PageOf<AuditView>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden);

    private static async Task<IResult> List(HttpContext context, AuditLines audit, RecordAudit noting)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        if (!RecordRequests.TryPage(context.Request, out var limit, out var cursor, out var problem)) return problem;
        if (Query(context.Request, out var wrong) is not { } query) return wrong!;
        (DateTimeOffset, long)? before = null;
        if (cursor is not null)
        {
            if (Place(cursor) is not { } place) return RecordRequests.BadCursor;
            before = place;
        }

        // The first page only: those that follow are the same look.
        if (before is null)
        {
            var asked = new JsonObject();
            foreach (var (name, value) in context.Request.Query) asked[name] = value.ToString();
            await noting.Write("audit", "", "read", asked.ToJsonString(), RecordCommands.Cause(context), context.RequestAborted);
        }

        var found = await audit.Page(query, before, limit + 1, context.RequestAborted);
        return RecordRequests.Page(context, found, limit, AuditView.Of, l => string.Create(CultureInfo.InvariantCulture, $"{l.At.UtcTicks}.{l.Id}"));
    }

    private static AuditQuery? Query(HttpRequest request, out Problem? problem)
    {
        problem = null;
        foreach (var (name, value) in request.Query)
        {
            if (name is not ("kind" or "record" or "user" or "from" or "to" or "limit" or "cursor"))
                problem = RecordRequests.BadQuery($"There is no {name} here: kind, record, user, from, to, limit and cursor can be used.");
            else if (name is "kind" or "record" or "user" && (value.ToString() is { Length: > MaxText } || value.ToString().Contains('\0', StringComparison.Ordinal)))
                problem = RecordRequests.BadQuery($"{name} must be a text of at most {MaxText} signs.");
        }

        if (!Time(request, "from", out var from) || !Time(request, "to", out var to))
        {
            problem ??= RecordRequests.BadQuery("from and to must be times such as 2026-05-01T08:00:00Z.");
            return null;
        }

        return problem is null ? new AuditQuery(Text(request, "kind"), Text(request, "record"), Text(request, "user"), from, to) : null;
    }

    private static string? Text(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    private static bool Time(HttpRequest request, string name, out DateTimeOffset? time)
    {
        time = null;
        if (Text(request, name) is not { } text) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read)) return false;
        time = read;
        return true;
    }

    private static (DateTimeOffset At, long Id)? Place(string cursor) =>
        cursor.Split('.') is [var at, var id]
        && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks
        && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (new DateTimeOffset(ticks, TimeSpan.Zero), number)
            : null;
}
