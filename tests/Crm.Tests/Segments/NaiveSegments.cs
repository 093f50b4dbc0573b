using System.Text.Json.Nodes;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>Whether a customer belongs to a segment, by looking at everything that ever happened: slow, and plainly what the language says.</summary>
/// <param name="events">All events.</param>
/// <param name="facts">Beside them: field to value.</param>
/// <param name="zone">The company's time zone.</param>
/// <param name="others">Other segments.</param>
internal sealed class NaiveSegments(IReadOnlyList<ToldEvent> events, IReadOnlyDictionary<string, object> facts, TimeZoneInfo zone, IReadOnlyDictionary<string, Filter> others)
{
    public bool Holds(Filter filter, long nowMs) => filter switch
    {
        Filter.All all => all.Parts.All(p => Holds(p, nowMs)),
        Filter.Any any => any.Parts.Any(p => Holds(p, nowMs)),
        Filter.Not not => !Holds(not.Part, nowMs),
        Filter.OneOf { Field.Name: "segments" } some => some.Values.Any(v => Holds(others[((FilterValue.Text)v).Value], nowMs)),
        Filter.OneOf some => some.Values.Any(v => ((string[])facts.GetValueOrDefault(some.Field.Name, Array.Empty<string>())).Contains(((FilterValue.Text)v).Value)),
        Filter.Empty empty => !facts.ContainsKey(empty.Field.Name),
        Filter.Is compare => facts.TryGetValue(compare.Field.Name, out var value) && Compares(value, compare, nowMs),
        Filter.Measured measured => Compare(Measure(measured, nowMs).CompareTo(measured.Value), measured.How),
        Filter.Happened happened => Happened(happened, nowMs),
        Filter.Followed followed => Within(followed.First, followed.In, nowMs).Any(first => Follows(followed, first.CountsMs, nowMs)),
        _ => throw new ArgumentOutOfRangeException(nameof(filter)),
    };

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private bool Compares(object value, Filter.Is compare, long nowMs) => (value, compare.Value) switch
    {
        (decimal number, FilterValue.Number asked) => Compare(number.CompareTo(asked.Value), compare.How),
        (decimal number, FilterValue.Text) => Compares(number.ToString(System.Globalization.CultureInfo.InvariantCulture), compare, nowMs),
        (string text, FilterValue.Text asked) => compare.How switch
        {
            Comparison.Contains => text.Contains(asked.Value, StringComparison.OrdinalIgnoreCase),
            Comparison.Begins => text.StartsWith(asked.Value, StringComparison.OrdinalIgnoreCase),
            _ => Compare(string.Compare(text, asked.Value, StringComparison.OrdinalIgnoreCase), compare.How),
        },
        (long time, FilterValue.Times asked) => InTime(At(time), compare.How, asked.Written!.Times(At(nowMs), zone)!),
        (DateOnly day, FilterValue.Days asked) => InDays(day, compare.How, asked.Written!.Days(At(nowMs), zone)!),
        (bool flag, FilterValue.Flag asked) => flag == asked.Value,
        _ => false,
    };

    private static bool InTime(DateTimeOffset at, Comparison how, FilterValue.Times times) => how switch
    {
        Comparison.Less => at < times.From,
        Comparison.LessOrEqual => times.IsMoment ? at <= times.From : at < times.Before,
        Comparison.More => times.IsMoment ? at > times.From : at >= times.Before,
        Comparison.MoreOrEqual => at >= times.From,
        _ => times.IsMoment ? at == times.From : at >= times.From && at < times.Before,
    };

    private static bool InDays(DateOnly day, Comparison how, FilterValue.Days days) => how switch
    {
        Comparison.Less => day < days.First,
        Comparison.LessOrEqual => day <= days.Last,
        Comparison.More => day > days.Last,
        Comparison.MoreOrEqual => day >= days.First,
        _ => day >= days.First && day <= days.Last,
    };

    private decimal Measure(Filter.Measured measured, long nowMs)
    {
        var within = Within(measured.Of, measured.In, nowMs);
        return measured.What switch
        {
            Crm.Records.Filters.Measure.Count => within.Count(),
            Crm.Records.Filters.Measure.Sum => within.SelectMany(e => Values(e.Properties, measured.Property!.Split('.'))).Sum(v => Number(v) ?? 0),
            _ => within.SelectMany(e => Values(e.Properties, measured.Property!.Split('.'))).Select(Text).Where(t => t is not null).Distinct().Count(),
        };
    }

    private bool Happened(Filter.Happened happened, long nowMs)
    {
        var within = Within(happened.Of, happened.In, nowMs).Select(e => e.CountsMs).ToArray();
        return within.Length > 0 && InTime(At(happened.IsLast ? within.Max() : within.Min()), happened.How, happened.When.Written!.Times(At(nowMs), zone)!);
    }

    private bool Follows(Filter.Followed followed, long firstMs, long nowMs)
    {
        var end = followed.Within.From(At(firstMs))!.Value.ToUnixTimeMilliseconds();
        var comes = Within(followed.Then, new EventWindow.Ever(), nowMs).Any(e => e.CountsMs >= firstMs && e.CountsMs < end);
        return followed.Without ? !comes && nowMs >= end : comes;
    }

    private IEnumerable<ToldEvent> Within(EventPick pick, EventWindow window, long nowMs) => events.Where(e =>
        (pick.Call == EventCall.Any || pick.Names.Count == 0 || pick.Names.Contains(e.Name))
        && pick.Tests.All(t => Values(e.Properties, t.Path.Split('.')).Any(v => Tells(v, t)) != t.Not)
        && IsIn(e.CountsMs, window, nowMs));

    private bool IsIn(long ms, EventWindow window, long nowMs) => window switch
    {
        EventWindow.Last last => At(ms) > (last.Length with { Count = -last.Length.Count }).From(At(nowMs)),
        EventWindow.During during => InTime(At(ms), Comparison.Equal, during.Stretch.Times(At(nowMs), zone)!),
        EventWindow.Since since => At(ms) >= since.Start.Times(At(nowMs), zone)!.From,
        _ => true,
    };

    private static IEnumerable<JsonNode> Values(JsonNode? node, IReadOnlyList<string> path) => node switch
    {
        null => [],
        JsonArray list => list.SelectMany(e => Values(e, path)),
        _ when path.Count == 0 => [node],
        JsonObject some => Values(some[path[0]], [.. path.Skip(1)]),
        _ => [],
    };

    private static bool Tells(JsonNode value, PropertyTest test) => test.Values.Count == 0
        ? value is JsonObject || Text(value) is not null
        : test.Values.Any(asked => asked switch
        {
            FilterValue.Number number => Number(value) is { } has && Compare(has.CompareTo(number.Value), test.How),
            FilterValue.Flag flag => value is JsonValue told && told.TryGetValue(out bool is_) && is_ == flag.Value,
            FilterValue.Text text => Text(value) is { } has && test.How switch
            {
                Comparison.Contains => has.Contains(text.Value, StringComparison.OrdinalIgnoreCase),
                Comparison.Begins => has.StartsWith(text.Value, StringComparison.OrdinalIgnoreCase),
                _ => string.Equals(has, text.Value, StringComparison.OrdinalIgnoreCase),
            },
            _ => false,
        });

    private static decimal? Number(JsonNode node) =>
        node is JsonValue value && decimal.TryParse(value.ToString(), System.Globalization.NumberStyles.Number, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Text(JsonNode node) => node is JsonValue value && value.ToString() is { Length: > 0 } text ? text : null;

    private static bool Compare(int order, Comparison how) => how switch
    {
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.More => order > 0,
        Comparison.MoreOrEqual => order >= 0,
        _ => order == 0,
    };
}
