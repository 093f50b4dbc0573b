using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Crm.Records.Filters;

/// <summary>
/// Filters as JSON, for those who build them by program: <c>{"all": [...]}</c>, <c>{"any": [...]}</c>, <c>{"not": ...}</c>,
/// <c>{"field": "orders", "is": ">=", "value": 2}</c>, <c>{"field": "tags", "in": ["vip"]}</c>, <c>{"field": "owner", "empty": true}</c>, and of events
/// <c>{"measure": "count", "events": {"names": ["Order Completed"]}, "window": {"last": "90d"}, "is": ">=", "value": 2}</c>,
/// <c>{"time": "last", "events": ..., "is": "&lt;", "value": "-30d"}</c>, <c>{"sequence": {"first": ..., "then": ..., "no": true, "within": "2h"}}</c>.
/// It is read by way of its text: what holds for one holds for the other.
/// </summary>
public static class FilterJson
{
    /// <summary>A filter from its JSON.</summary>
    /// <returns>The filter; null with the problem, whose place is one in <paramref name="text"/>.</returns>
    public static Filter? Parse(JsonElement json, IFields fields, FilterContext context, out string text, out FilterProblem? problem)
    {
        ArgumentNullException.ThrowIfNull(fields);
        text = "";
        try
        {
            text = new FilterJsonText(fields).Of(json, 0);
        }
        catch (FilterJsonException wrong)
        {
            problem = new FilterProblem(0, wrong.Message);
            return null;
        }

        return FilterParser.Parse(text, fields, context, out problem);
    }

    /// <summary>The JSON of a filter.</summary>
    public static JsonObject Of(Filter filter) => filter switch
    {
        Filter.All all => new JsonObject { ["all"] = Parts(all.Parts) },
        Filter.Any any => new JsonObject { ["any"] = Parts(any.Parts) },
        Filter.Not not => new JsonObject { ["not"] = Of(not.Part) },
        Filter.Empty empty => new JsonObject { ["field"] = empty.Field.Name, ["empty"] = true },
        Filter.OneOf some => new JsonObject { ["field"] = some.Field.Name, ["in"] = Values(some.Values) },
        Filter.Is compare => new JsonObject { ["field"] = compare.Field.Name, ["is"] = FilterText.Sign(compare.How), ["value"] = Value(compare.Value) },
        Filter.Measured measured => Measured(measured),
        Filter.Happened happened => Windowed(
            new JsonObject { ["time"] = happened.IsLast ? "last" : "first", ["events"] = Pick(happened.Of), ["is"] = FilterText.Sign(happened.How), ["value"] = Value(happened.When) },
            happened.In),
        Filter.Followed followed => Windowed(new JsonObject { ["sequence"] = Sequence(followed) }, followed.In),
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter.GetType().Name, "No such filter."),
    };

    private static JsonArray Parts(IReadOnlyList<Filter> parts) => [.. parts.Select(p => (JsonNode)Of(p))];

    private static JsonArray Values(IReadOnlyList<FilterValue> values) => [.. values.Select(Value)];

    private static JsonObject Measured(Filter.Measured measured)
    {
        var json = new JsonObject { ["measure"] = measured.What.ToString().ToLowerInvariant() };
        if (measured.Property is { } property) json["property"] = property;
        json["events"] = Pick(measured.Of);
        json["is"] = FilterText.Sign(measured.How);
        json["value"] = measured.Value;
        return Windowed(json, measured.In);
    }

    private static JsonObject Sequence(Filter.Followed followed)
    {
        var json = new JsonObject { ["first"] = Pick(followed.First), ["then"] = Pick(followed.Then), ["within"] = followed.Within.Length() };
        if (followed.Without) json["no"] = true;
        return json;
    }

    private static JsonObject Windowed(JsonObject json, EventWindow window)
    {
        JsonObject? written = window switch
        {
            EventWindow.Last last => new JsonObject { ["last"] = last.Length.Length() },
            EventWindow.During during => new JsonObject { ["during"] = during.Stretch.ToString() },
            EventWindow.Since since => new JsonObject { ["since"] = since.Start.ToString() },
            _ => null,
        };
        if (written is not null) json["window"] = written;
        return json;
    }

    private static JsonObject Pick(EventPick pick)
    {
        var json = new JsonObject();
        if (pick.Call != EventCall.Track) json["call"] = pick.Call.ToString().ToLowerInvariant();
        if (pick.Names.Count > 0) json["names"] = new JsonArray([.. pick.Names.Select(n => (JsonNode)n)]);
        if (pick.Tests.Count > 0) json["where"] = new JsonArray([.. pick.Tests.Select(t => (JsonNode)Test(t))]);
        return json;
    }

    private static JsonObject Test(PropertyTest test)
    {
        var json = new JsonObject { ["property"] = test.Path };
        if (test.Values.Count == 0)
        {
            json["empty"] = test.Not;
            return json;
        }

        if (test.Not) json["not"] = true;
        if (test.Values.Count > 1)
        {
            json["in"] = Values(test.Values);
            return json;
        }

        json["is"] = FilterText.Sign(test.How);
        json["value"] = Value(test.Values[0]);
        return json;
    }

    private static JsonNode Value(FilterValue value) => value switch
    {
        FilterValue.Text text => text.Value,
        FilterValue.Number { Currency: { } currency } money => new JsonObject { ["amount"] = money.Value.ToString(CultureInfo.InvariantCulture), ["currency"] = currency },
        FilterValue.Number number => number.Value,
        FilterValue.Flag flag => flag.Value,
        _ => FilterText.Value(value),
    };
}
