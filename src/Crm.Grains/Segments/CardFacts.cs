using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Records;

namespace Crm.Segments;

/// <summary>What people wrote of a customer, as definitions ask for it. A value of another kind than its field's is none.</summary>
/// <param name="card">The record's fields; empty where nobody wrote anything.</param>
internal sealed class CardFacts(JsonObject card)
{
    private readonly JsonObject _own = card[KindFields.Member] as JsonObject ?? [];

    public string? Text(Field field) => Value(field) switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => (string)value!,
        JsonObject { Count: > 0 } => "",
        _ => null,
    };

    public IReadOnlyList<string> Texts(Field field) =>
        Value(field) is JsonArray some ? [.. some.OfType<JsonValue>().Where(v => v.GetValueKind() == JsonValueKind.String).Select(v => (string)v!)] : [];

    /// <inheritdoc cref="ISegmentFacts.Number"/>
    public decimal? Number(Field field, string? currency) => Value(field) switch
    {
        JsonObject money when currency is null => Decimal(money["worth"]),
        JsonObject money => (string?)money["currency"] == currency ? Decimal(money["amount"]) : null,
        var value => Decimal(value),
    };

    public DateOnly? Day(Field field) =>
        Text(field) is { } text && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private JsonNode? Value(Field field) =>
        field.Name.StartsWith(CustomField.Prefix, StringComparison.Ordinal) ? _own[field.Name[CustomField.Prefix.Length..]] : card[field.Name];

    private static decimal? Decimal(JsonNode? node) =>
        node is JsonValue value && decimal.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
