using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Crm.Company;

namespace Crm.Records;

/// <summary>Brings what a caller gave for a field into the one form in which it is stored, or says what is wrong with it.</summary>
public static class FieldValues
{
    /// <summary>How moments are stored.</summary>
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>How days are stored.</summary>
    public const string DayFormat = "yyyy-MM-dd";

    private const int MaxEntryLength = 320;
    private const decimal MaxNumber = 1_000_000_000_000_000m;
    private const int MaxPartLength = 16 * 1024;
    private const int MaxPartDepth = 10;

    private static readonly JsonSerializerOptions s_whole = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>The stored form; null with what is wrong.</summary>
    public static JsonNode? Clean(FieldRule rule, JsonNode given, out string? wrong)
    {
        ArgumentNullException.ThrowIfNull(rule);
        wrong = null;
        JsonNode? clean = rule.Field.Type switch
        {
            FieldType.Text or FieldType.Id or FieldType.User or FieldType.Link => Text(rule, given, out wrong),
            FieldType.Number => Number(given) is { } number ? JsonValue.Create(number) : null,
            FieldType.Money => Money(given, out wrong),
            FieldType.Flag => given is JsonValue flag && flag.TryGetValue(out bool on) ? JsonValue.Create(on) : null,
            FieldType.Time => Time(given) is { } time ? JsonValue.Create(time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)) : null,
            FieldType.Day => String(given) is { } day && DateOnly.TryParseExact(day, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
                ? JsonValue.Create(at.ToString(DayFormat, CultureInfo.InvariantCulture))
                : null,
            FieldType.Choice => String(given) is { } text && Choice(rule.Field, text) is { } choice ? JsonValue.Create(choice) : null,
            FieldType.Choices or FieldType.Texts => List(rule, given, out wrong),
            FieldType.Part => Part(given, out wrong),
            FieldType.Html => Html(rule, given, out wrong),
            _ => null,
        };
        if (clean is null) wrong ??= Expected(rule);
        return wrong is null ? clean : null;
    }

    private static JsonValue? Text(FieldRule rule, JsonNode given, out string? wrong)
    {
        wrong = null;
        if (String(given) is not { } text) return null;
        text = text.Trim();
        if (text.Length > rule.Max) wrong = $"It holds at most {rule.Max} characters.";
        else if (!IsPlain(text, rule.HasLines)) wrong = "It holds characters that nobody can see or store.";
        return JsonValue.Create(text);
    }

    // As it was given, but for what no text can hold; whoever stores it makes it harmless.
    private static JsonValue? Html(FieldRule rule, JsonNode given, out string? wrong)
    {
        wrong = null;
        if (String(given) is not { } text) return null;
        if (text.Length > rule.Max) wrong = $"It holds at most {rule.Max} characters.";
        text = string.Concat(text.Where(c => !char.IsControl(c) || c is '\n' or '\r' or '\t'));
        if (!IsPlain(text, true)) wrong ??= "It holds halves of characters.";
        return JsonValue.Create(text);
    }

    private static decimal? Number(JsonNode given)
    {
        if (given is not JsonValue value || value.GetValueKind() is not (JsonValueKind.Number or JsonValueKind.String)) return null;
        var text = value.ToString();
        return decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && Math.Abs(number) <= MaxNumber
                ? number
                : null;
    }

    // {"amount": "12.30", "currency": "EUR"}: the amount as text with the currency's digits, so that no reader makes a double of it.
    private static JsonObject? Money(JsonNode given, out string? wrong)
    {
        wrong = null;
        if (given is not JsonObject money || money["amount"] is not { } amountNode || Number(amountNode) is not { } amount) return null;
        var currency = money["currency"] is { } node ? String(node) : null;
        if (currency is not { Length: 3 } || !currency.All(char.IsAsciiLetter)) return null;
        currency = currency.ToUpperInvariant();
        if (decimal.Round(amount, Currencies.Digits(currency)) != amount) wrong = $"{currency} has {Currencies.Digits(currency)} digits behind the point.";
        return new JsonObject { ["amount"] = Currencies.Format(amount, currency), ["currency"] = currency };
    }

    private static DateTimeOffset? Time(JsonNode given) =>
        String(given) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && text.Length > DayFormat.Length
                ? time
                : null;

    private static JsonArray? List(FieldRule rule, JsonNode given, out string? wrong)
    {
        wrong = null;
        if (given is not JsonArray array) return null;
        if (array.Count > rule.Max) wrong = $"It holds at most {rule.Max} entries.";
        var entries = new List<string>();
        foreach (var node in array)
        {
            if (node is null || String(node) is not { } text) return null;
            text = text.Trim();
            var entry = rule.Field.Choices.Count == 0 ? text : Choice(rule.Field, text);
            if (entry is null) return null;
            if (entry.Length is 0 or > MaxEntryLength || !IsPlain(entry, false)) wrong ??= $"Each entry has 1 to {MaxEntryLength} visible characters.";
            if (!entries.Contains(entry)) entries.Add(entry);
        }

        return new JsonArray([.. entries.Select(e => (JsonNode)JsonValue.Create(e))]);
    }

    private static JsonNode? Part(JsonNode given, out string? wrong)
    {
        wrong = given.ToJsonString(s_whole).Length > MaxPartLength ? $"It holds at most {MaxPartLength / 1024} KB."
            : IsStorable(given, MaxPartDepth) ? null
            : $"It holds texts that cannot be stored, or is more than {MaxPartDepth} deep.";
        return given is JsonObject or JsonArray ? given.DeepClone() : null;
    }

    private static bool IsStorable(JsonNode? node, int depth) => depth > 0 && node switch
    {
        JsonObject inside => inside.All(m => IsPlain(m.Key, true) && IsStorable(m.Value, depth - 1)),
        JsonArray list => list.All(n => IsStorable(n, depth - 1)),
        JsonValue value => !value.TryGetValue(out string? text) || IsPlain(text, true),
        _ => true,
    };

    private static string? Choice(Field field, string text) =>
        field.Choices.Count == 0 ? text : field.Choices.FirstOrDefault(c => string.Equals(c, text, StringComparison.OrdinalIgnoreCase));

    private static string? String(JsonNode given) => given is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static bool IsPlain(string text, bool lines)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]))
            {
                if (!char.IsSurrogatePair(text, at)) return false;
                at++;
            }
            else if (char.IsControl(text[at]) && !(lines && text[at] is '\n' or '\r' or '\t'))
            {
                return false;
            }
        }

        return true;
    }

    private static string Expected(FieldRule rule) => rule.Field.Type switch
    {
        FieldType.Number => $"It is a number between -{MaxNumber:0} and {MaxNumber:0}.",
        FieldType.Money => "It is an amount with its currency: {\"amount\":\"12.30\",\"currency\":\"EUR\"}.",
        FieldType.Flag => "It is true or false.",
        FieldType.Time => "It is a moment such as 2026-05-01T10:00:00Z.",
        FieldType.Day => "It is a day such as 2026-05-01.",
        FieldType.Choice => $"It is one of {string.Join(", ", rule.Field.Choices)}.",
        FieldType.Choices when rule.Field.Choices.Count > 0 => $"It is a list of {string.Join(", ", rule.Field.Choices)}.",
        FieldType.Choices or FieldType.Texts => "It is a list of texts.",
        FieldType.Part => "It is an object or a list.",
        _ => "It is a text.",
    };
}
