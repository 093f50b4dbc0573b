using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>Which dead letters a request means.</summary>
/// <param name="Ids">These; null when a filter says which.</param>
/// <param name="Filter">Those that it finds, newest first.</param>
/// <param name="Limit">Most of those.</param>
internal sealed record LetterChoice(IReadOnlyList<LetterId>? Ids, LetterFilter Filter, int Limit)
{
    private const int DefaultLimit = 100;

    /// <summary>Reads <c>source</c>, <c>reason</c>, <c>stage</c>, <c>replayed</c>, <c>since</c> and <c>until</c> of a query.</summary>
    public static LetterFilter? From(IQueryCollection query, out Problem? problem)
    {
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var filter = Filtered(name => query[name].ToString() is { Length: > 0 } text ? text : null, errors);
        problem = errors.Count > 0 ? RecordRequests.BadQuery(string.Join(' ', errors.Values)) : null;
        return problem is null ? filter : null;
    }

    /// <summary>Reads <c>{"ids":[...]}</c> or <c>{"filter":{...},"limit":n}</c>.</summary>
    public static LetterChoice? From(JsonObject body, out Problem? problem)
    {
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var choice = body["ids"] is { } ids ? Named(ids, errors) : Filtered(body, errors);
        foreach (var (name, _) in body)
            if (name is not ("ids" or "filter" or "limit")) errors[name] = $"{name}: There is no such field.";
        problem = errors.Count > 0 ? RecordRequests.BadFields(errors) : null;
        return problem is null ? choice : null;
    }

    /// <summary>The letters that are meant now.</summary>
    public async Task<IReadOnlyList<LetterId>> Find(DeadLetterStore letters, LetterFilter filter, CancellationToken stop) =>
        Ids ?? [.. (await letters.List(filter, Limit, null, stop)).Select(l => l.Id)];

    private static LetterChoice Named(JsonNode ids, Dictionary<string, string> errors)
    {
        var found = new List<LetterId>();
        if (ids is not JsonArray { Count: > 0 and <= DeadLetterStore.MaxAtATime } list)
        {
            errors["ids"] = $"ids: It is a list of 1 to {DeadLetterStore.MaxAtATime} ids of dead letters.";
        }
        else
        {
            foreach (var text in list)
            {
                if (LetterId.TryParse(SourceFields.Text(text), out var id)) found.Add(id);
                else errors["ids"] = "ids: One of them is no id of a dead letter.";
            }
        }

        return new LetterChoice(found, new LetterFilter(), found.Count);
    }

    private static LetterChoice Filtered(JsonObject body, Dictionary<string, string> errors)
    {
        var limit = DefaultLimit;
        if (body["limit"] is { } given)
        {
            limit = SourceFields.Whole(given) ?? 0;
            if (limit is < 1 or > DeadLetterStore.MaxAtATime) errors["limit"] = $"limit: It is a whole number from 1 to {DeadLetterStore.MaxAtATime}.";
        }

        if (body["filter"] is not JsonObject filter)
        {
            errors["filter"] = "filter: Name the dead letters by ids, or by a filter; {} means all.";
            return new LetterChoice(null, new LetterFilter(), limit);
        }

        foreach (var (name, _) in filter)
            if (name is not ("source" or "reason" or "stage" or "since" or "until")) errors[name] = $"{name}: A filter has no such field.";
        return new LetterChoice(null, Filtered(name => SourceFields.Text(filter[name]), errors), limit);
    }

    private static LetterFilter Filtered(Func<string, string?> field, Dictionary<string, string> errors)
    {
        return new LetterFilter(
            field("source"), field("reason"), Flag("stage", "silo", "ingest"), Flag("replayed", "true", "false"), Time("since"), Time("until"));

        bool? Flag(string name, string yes, string no)
        {
            var text = field(name);
            if (text is not null && text != yes && text != no) errors[name] = $"{name}: It is {yes} or {no}.";
            return text is null ? null : text == yes;
        }

        DateTimeOffset? Time(string name)
        {
            if (field(name) is not { } text) return null;
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time;
            errors[name] = $"{name}: It is a time such as 2026-05-01T10:00:00Z.";
            return null;
        }
    }
}
