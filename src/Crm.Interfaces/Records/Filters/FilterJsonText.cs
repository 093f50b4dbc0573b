using System.Globalization;
using System.Text.Json;

namespace Crm.Records.Filters;

/// <summary>Why a filter's JSON is none; the message is for whoever wrote it.</summary>
internal sealed class FilterJsonException(string message) : Exception(message);

/// <summary>Writes the text of a filter's JSON. Whether it makes sense is found when the text is read.</summary>
internal sealed class FilterJsonText(IFields fields)
{
    private const int MaxDepth = 24;

    public string Of(JsonElement json, int depth)
    {
        if (depth > MaxDepth) throw new FilterJsonException($"conditions may be nested {MaxDepth} deep.");
        Check(json, "a condition", "all", "any", "not", "field", "measure", "time", "sequence", "has", "in", "is", "value", "empty", "property", "events", "window");
        if (json.TryGetProperty("all", out var all)) return Joined(all, " and ", depth);
        if (json.TryGetProperty("any", out var any)) return Joined(any, " or ", depth);
        if (json.TryGetProperty("not", out var not)) return $"not ({Of(not, depth + 1)})";
        if (json.TryGetProperty("field", out var field)) return Compared(Text(field, "field"), json);
        if (json.TryGetProperty("measure", out var measure)) return Measured(Text(measure, "measure"), json);
        if (json.TryGetProperty("time", out var time)) return $"{OneOf(time, "time", "first", "last")}({Pick(json, "events")}{Window(json)}) {Sign(json)} {Bare(json)}";
        if (json.TryGetProperty("sequence", out var sequence)) return Sequence(sequence, json);
        throw new FilterJsonException("a condition has one of all, any, not, field, measure, time, sequence.");
    }

    private string Joined(JsonElement parts, string by, int depth)
    {
        if (parts.ValueKind != JsonValueKind.Array) throw new FilterJsonException("all and any take a list of conditions.");
        return parts.GetArrayLength() == 0 ? "" : $"({string.Join(by, parts.EnumerateArray().Select(p => Of(p, depth + 1)))})";
    }

    private string Compared(string name, JsonElement json)
    {
        if (fields.Find(name) is not { } field) throw new FilterJsonException($"there is no field {name}.");
        if (json.TryGetProperty("empty", out var empty)) return $"{name} is {(Flag(empty, "empty") ? "" : "not ")}empty";
        if (json.TryGetProperty("has", out var has)) return $"{name} has {Value(has, field.Type)}";
        return json.TryGetProperty("in", out var some) ? $"{name} in ({Listed(some, field.Type)})" : $"{name} {Sign(json)} {Value(Member(json, "value"), field.Type)}";
    }

    private static string Measured(string measure, JsonElement json)
    {
        var of = json.TryGetProperty("property", out var property) ? FilterText.Path(Text(property, "property")) + " of " : "";
        if (measure is not ("count" or "sum" or "distinct")) throw new FilterJsonException("measure is one of count, sum, distinct.");
        return $"{measure}({of}{Pick(json, "events")}{Window(json)}) {Sign(json)} {Value(Member(json, "value"), FieldType.Money)}";
    }

    private static string Sequence(JsonElement sequence, JsonElement json)
    {
        Check(sequence, "a sequence", "first", "then", "no", "within");
        var no = sequence.TryGetProperty("no", out var not) && Flag(not, "no") ? "no " : "";
        return $"sequence({Pick(sequence, "first")} then {no}{Pick(sequence, "then")} within {Written(Member(sequence, "within"))}{Window(json)})";
    }

    private static string Pick(JsonElement json, string member)
    {
        var pick = Member(json, member);
        Check(pick, member, "call", "names", "where");
        var call = pick.TryGetProperty("call", out var named) ? OneOf(named, "call", "track", "page", "screen", "identify", "group", "any") : "track";
        var names = pick.TryGetProperty("names", out var list) ? string.Join(", ", Entries(list, "names").Select(n => FilterText.Quoted(Text(n, "names")))) : "";
        var tests = pick.TryGetProperty("where", out var where) ? " where " + string.Join(" and ", Entries(where, "where").Select(Test)) : "";
        return $"{(call == "track" ? "" : call + " ")}{names}{tests}";
    }

    private static string Test(JsonElement test)
    {
        Check(test, "a condition on a property", "property", "is", "value", "in", "empty", "not");
        var path = FilterText.Path(Text(Member(test, "property"), "property"));
        var not = test.TryGetProperty("not", out var negated) && Flag(negated, "not");
        if (test.TryGetProperty("empty", out var empty)) return $"{path} is {(Flag(empty, "empty") != not ? "" : "not ")}empty";
        if (test.TryGetProperty("in", out var some)) return $"{path} {(not ? "not " : "")}in ({Listed(some, FieldType.Text)})";
        var sign = Sign(test);
        if (not && sign != "=") throw new FilterJsonException("not goes with in, empty and is =.");
        return $"{path} {(not ? "!=" : sign)} {Value(Member(test, "value"), FieldType.Text)}";
    }

    private static string Window(JsonElement json)
    {
        if (!json.TryGetProperty("window", out var window)) return "";
        Check(window, "a window", "last", "during", "since");
        if (window.TryGetProperty("last", out var last)) return $" in last {Written(last)}";
        if (window.TryGetProperty("during", out var during)) return $" in {Written(during)}";
        return window.TryGetProperty("since", out var since) ? $" since {Written(since)}" : throw new FilterJsonException("a window has one of last, during, since.");
    }

    private static string Listed(JsonElement values, FieldType type) => string.Join(", ", Entries(values, "in").Select(v => Value(v, type)));

    private static string Value(JsonElement value, FieldType type) => value.ValueKind switch
    {
        JsonValueKind.String when type is FieldType.Time or FieldType.Day => Written(value),
        JsonValueKind.String when type is FieldType.Money or FieldType.Number && decimal.TryParse(value.GetString(), NumberStyles.Number, CultureInfo.InvariantCulture, out var number) =>
            number.ToString(CultureInfo.InvariantCulture),
        JsonValueKind.String => FilterText.Quoted(value.GetString()!),
        JsonValueKind.Number => value.TryGetDecimal(out var number) ? number.ToString(CultureInfo.InvariantCulture) : throw new FilterJsonException("a number is too large."),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Object when type == FieldType.Money => $"{Value(Member(value, "amount"), type)} {Written(Member(value, "currency"))}",
        _ => throw new FilterJsonException("a value is a text, a number, true or false."),
    };

    private static string Bare(JsonElement json) => Written(Member(json, "value"));

    // What stands without quotes: nothing in it can end the word.
    private static string Written(JsonElement json)
    {
        var text = Text(json, "a time");
        return text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '+' or ':' or '.' or '_') ? text : FilterText.Quoted(text);
    }

    private static string Sign(JsonElement json) => OneOf(Member(json, "is"), "is", "=", "!=", "<", "<=", ">", ">=", "~", "^=");

    private static string OneOf(JsonElement json, string member, params string[] choices) =>
        json.ValueKind == JsonValueKind.String && choices.Contains(json.GetString()!)
            ? json.GetString()!
            : throw new FilterJsonException($"{member} is one of {string.Join(", ", choices)}.");

    private static string Text(JsonElement json, string member) =>
        json.ValueKind == JsonValueKind.String ? json.GetString()! : throw new FilterJsonException($"{member} is a text.");

    private static bool Flag(JsonElement json, string member) =>
        json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : throw new FilterJsonException($"{member} is true or false.");

    private static JsonElement.ArrayEnumerator Entries(JsonElement json, string member) =>
        json.ValueKind == JsonValueKind.Array ? json.EnumerateArray() : throw new FilterJsonException($"{member} is a list.");

    private static JsonElement Member(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value : throw new FilterJsonException($"{name} is missing.");

    private static void Check(JsonElement json, string what, params string[] members)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new FilterJsonException($"{what} is an object.");
        foreach (var member in json.EnumerateObject())
            if (!members.Contains(member.Name)) throw new FilterJsonException($"{what} has no member {member.Name}.");
    }
}
