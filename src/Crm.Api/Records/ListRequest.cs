using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;
using Crm.Records.Filters;

namespace Crm.Records;

/// <summary>What a list, its count or its export is asked for.</summary>
internal sealed record ListRequest(RecordQuery Query, string Question)
{
    /// <summary>A position that an event was accepted with: what is read is at least as new.</summary>
    public const string MinPosition = "minPosition";

    private const int MaxNames = 100;
    /// <summary>All links of a kind, and some of the company's own.</summary>
    private const int MaxExpanded = 20;
    private const int MaxWords = 5;
    private const int MaxSearchLength = 100;

    private static readonly string[] s_parameters = ["filter", "sort", "fields", "expand", "limit", "cursor", "count", "sum", "trash", "q", "format"];

    /// <summary>Members to be shown; null for all.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>Links to be shown as the records that they name.</summary>
    public IReadOnlyList<FieldRule> Expand { get; init; } = [];

    /// <summary>With how many there are in all.</summary>
    public bool Count { get; init; }

    /// <summary>Money to be summed over the whole list; null for none.</summary>
    public Field? Sum { get; init; }

    /// <summary>Reads it; the problem when it cannot be used. What who asks may not see is not there: not to filter, sort, show or expand by.</summary>
    /// <param name="live">A record with the member that lives: <c>minPosition</c> is a parameter, too, and the member can be asked for.</param>
    public static async Task<(ListRequest? Request, Problem? Problem)> Read(HttpContext context, RecordKind kind, RecordAction action, bool live = false)
    {
        var (asked, seen, actor) = (context.Request.Query, context.Seen(kind), context.Actor());
        var parameters = live ? s_parameters.Append(MinPosition) : s_parameters;
        if (asked.Keys.FirstOrDefault(k => !parameters.Contains(k)) is { } unknown)
            return Bad($"there is no parameter {unknown}. There are {string.Join(", ", parameters)}.");
        var text = asked["filter"].ToString();
        var zone = text.Length == 0 ? TimeZoneInfo.Utc : await context.RequestServices.GetRequiredService<CompanyZone>().Now(context.RequestAborted);
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        if (FilterParser.Parse(text, seen, new FilterContext(now, zone, actor.User), out var wrong) is not { } filter)
        {
            var fault = RecordRequests.BadQuery($"filter, at {wrong!.At}: {wrong.Why}");
            return (null, fault with { Kind = "bad-filter", Title = "The filter cannot be used.", At = wrong.At });
        }

        var sort = asked["sort"].ToString() is { Length: > 0 } given ? given : "-createdAt";
        var (descending, by) = (sort[0] == '-', seen.Find(sort.TrimStart('-')));
        if (by is null || by.Type is FieldType.Choices or FieldType.Texts || !by.IsCompared || sort.StartsWith("--", StringComparison.Ordinal))
            return Bad($"sort: there is no field {sort.TrimStart('-')} to sort by.");
        if (!TryShown(context, kind, out var fields, out var expand, out var unshown, live)) return (null, unshown);
        if (!TryFlag(asked["count"].ToString(), out var count) || !TryFlag(asked["trash"].ToString(), out var trash)) return Bad("count and trash are true or false.");
        var sum = asked["sum"].ToString() is { Length: > 0 } summed ? seen.Find(summed) : null;
        if (asked.ContainsKey("sum") && sum?.Type != FieldType.Money) return Bad("sum: it takes a field of money.");
        var words = asked["q"].ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > MaxWords || words.Sum(w => w.Length) > MaxSearchLength || words.Any(w => w.Any(char.IsControl)))
            return Bad($"q holds at most {MaxWords} words and {MaxSearchLength} characters.");

        // Whether something is found would tell what they hold.
        if (words.Length > 0 && kind.Searched.Where(actor.Of(kind.Name).Hidden.Contains).ToArray() is { Length: > 0 } hidden)
            return Bad($"q: a search looks into {string.Join(", ", hidden)}, which your role does not see. Ask by filter.");
        if (Limit(asked["limit"].ToString()) is not { } limit) return Bad($"limit must be a whole number from 1 to {RecordRequests.MaxLimit}.");
        var question = RecordCursor.Question(kind.Name, text, sort, trash ? "trash" : "", string.Join(' ', words));
        (string?, string)? after = null;
        if (asked["cursor"].ToString() is { Length: > 0 } cursor)
        {
            if (!RecordCursor.TryRead(cursor, question, out var behind)) return (null, BadCursor);
            after = behind;
        }

        var query = new RecordQuery(kind, actor.Reach(action, kind.Name))
        {
            Filter = filter, Sort = by, Descending = descending, Deleted = trash, Words = words, Limit = limit, After = after,
        };
        return (new ListRequest(query, question) { Fields = fields, Expand = expand, Count = count, Sum = sum }, null);
    }

    /// <summary>Which members are to be shown, and which links as the records that they name.</summary>
    /// <param name="fields">Null for all.</param>
    public static bool TryShown(
        HttpContext context, RecordKind kind, out IReadOnlyList<string>? fields, out IReadOnlyList<FieldRule> expand, [NotNullWhen(false)] out Problem? problem, bool live = false)
    {
        var (asked, seen) = (context.Request.Query, context.Seen(kind));
        if (!TryNames(asked["fields"].ToString(), n => seen.Find(n) is not null || n == KindFields.Member || RecordJson.Counters.Contains(n) || (live && n == kind.LiveMember), out var only, out var name))
            problem = RecordRequests.BadQuery($"fields: there is no field {name}.");
        else if (!TryNames(asked["expand"].ToString(), n => Expands(seen.Rule(n)), out var links, out name) || links.Count > MaxExpanded)
            problem = RecordRequests.BadQuery(name is null ? $"expand: at most {MaxExpanded} fields can be expanded." : $"expand: there is no link {name}.");
        else
        {
            (fields, expand, problem) = (only.Count == 0 ? null : only, [.. links.Select(n => seen.Rule(n)!)], null);
            return true;
        }

        (fields, expand) = (null, []);
        return false;
    }

    public static Problem BadCursor => RecordRequests.BadQuery("cursor must be the next of the page before, unchanged, with the same filter, sort, q and trash.");

    /// <summary>What is wrong with fields that are asked for of many records; null when nothing is.</summary>
    public Problem? Apart => Fields?.FirstOrDefault(Query.Kind.Apart.Contains) is { } @field ? RecordRequests.BadQuery($"fields: {@field} is shown of one record alone.") : null;

    /// <summary>Whether a field names another record or a user.</summary>
    public static bool Expands(FieldRule? rule) => rule?.Field.Type is FieldType.Link or FieldType.User;

    /// <summary>A record as it is asked for: its links as the records that they name, and only the fields that are wanted.</summary>
    public async Task<JsonObject> Show(HttpContext context, JsonObject record)
    {
        await RecordExpand.Fill(context, [record], Expand);
        return Fields is { } only ? RecordJson.Only(record, [.. only, .. Expand.Select(e => e.Field.Name)]) : record;
    }

    private static bool TryNames(string text, Func<string, bool> isOne, out List<string> names, out string? wrong)
    {
        names = [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()];
        wrong = names.Count > MaxNames ? names[MaxNames] : names.FirstOrDefault(n => !isOne(n));
        return wrong is null;
    }

    private static bool TryFlag(string text, out bool flag) => bool.TryParse(text.Length == 0 ? "false" : text, out flag);

    /// <summary>Most entries of a page; null for what is no limit.</summary>
    internal static int? Limit(string text) => text.Length == 0 ? RecordRequests.DefaultLimit
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= RecordRequests.MaxLimit ? limit : null;

    private static (ListRequest?, Problem?) Bad(string detail) => (null, RecordRequests.BadQuery(detail));
}
