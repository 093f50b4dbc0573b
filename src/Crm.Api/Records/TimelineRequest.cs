using System.Globalization;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Records;

/// <summary>Which page of a timeline is asked for, read and checked.</summary>
internal sealed record TimelineRequest(TimelineQuery Query, string Question)
{
    private static readonly string[] s_parameters = ["kinds", "from", "to", "limit", "cursor", "minPosition", "purpose"];

    /// <summary>Reads it; the problem when it cannot be used. What who asks may not see is left out of the query.</summary>
    /// <param name="asked">The id in the path, which the cursor goes with: a customer may be merged between two pages.</param>
    /// <param name="ids">The record's ids.</param>
    public static (TimelineRequest? Request, Problem? Problem) Read(HttpContext context, RecordKind subject, string asked, IReadOnlyList<string> ids)
    {
        var query = context.Request.Query;
        if (query.Keys.FirstOrDefault(k => !s_parameters.Contains(k)) is { } unknown)
            return Bad($"there is no parameter {unknown}. There are {string.Join(", ", s_parameters)}.");
        var kinds = query["kinds"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (kinds.FirstOrDefault(k => !TimelineKinds.All.Contains(k)) is { } other)
            return Bad($"kinds: there is no {other}. There are {string.Join(", ", TimelineKinds.All)}.");
        if (!TryTime(query["from"].ToString(), out var from) || !TryTime(query["to"].ToString(), out var to))
            return Bad("from and to are times such as 2026-05-01T10:00:00Z.");
        if (ListRequest.Limit(query["limit"].ToString()) is not { } limit) return Bad($"limit must be a whole number from 1 to {RecordRequests.MaxLimit}.");
        var question = RecordCursor.Question("timeline", subject.Name, asked, string.Join(',', kinds), query["from"].ToString(), query["to"].ToString());
        TimelinePlace? before = null;
        if (query["cursor"].ToString() is { Length: > 0 } cursor)
        {
            before = RecordCursor.TryRead(cursor, question, out var after) ? Place(after) : null;
            if (before is null) return Bad("cursor must be the next of the page before, unchanged, with the same kinds, from and to.");
        }

        var whose = TimelineAccess.Of(context.Actor(), subject).Where(k => kinds.Length == 0 || kinds.Contains(k.Key)).ToDictionary();
        var circle = subject == RecordKind.Company ? TimelineAccess.Circle(context.Actor(), query["purpose"].ToString().Length > 0) : null;
        return (new TimelineRequest(new TimelineQuery(subject.Name, ids) { Whose = whose, Circle = circle, From = from, To = to, Before = before, Limit = limit }, question), null);
    }

    /// <summary>What the next page begins behind.</summary>
    public string Next(TimelinePlace last) =>
        RecordCursor.Write(Question, string.Create(CultureInfo.InvariantCulture, $"{last.At.UtcTicks} {last.Kind}"), last.Id);

    private static TimelinePlace? Place((string? Value, string Id) after) =>
        after.Value?.Split(' ') is [var ticks, var kind] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && at <= DateTime.MaxValue.Ticks && TimelineKinds.All.Contains(kind)
            ? new TimelinePlace(new DateTimeOffset(at, TimeSpan.Zero), kind, after.Id) : null;

    private static bool TryTime(string text, out DateTimeOffset? time)
    {
        time = null;
        if (text.Length == 0) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read) || read.UtcDateTime.Year is < 1000 or > 9998) return false;
        time = read.ToUniversalTime();
        return true;
    }

    private static (TimelineRequest?, Problem?) Bad(string detail) => (null, RecordRequests.BadQuery(detail));
}
