using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Records;

namespace Crm.Segments;

/// <summary>What people wrote of a customer, as definitions ask for it. A value of another kind than its field's is none.</summary>
/// <param name="written">The customer's record, its deals, its company.</param>
internal sealed class CardFacts(Written written)
{
    private readonly JsonObject _card = Read(written.Card);
    private readonly JsonObject _deals = Read(written.Deals);
    private readonly JsonObject _company = Read(written.Company);

    /// <summary>Of whom nobody wrote anything.</summary>
    public static CardFacts None { get; } = new(default(Written));

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

    public long? Time(Field field) => Value(field) is JsonValue value && value.TryGetValue(out long ms) ? ms : null;

    private JsonNode? Value(Field field) => SegmentFields.PartOf(field.Name) switch
    {
        WrittenParts.Deals => _deals[field.Name[SegmentFields.Deals.Length..]],
        WrittenParts.Company => Value(_company, field.Name[SegmentFields.Company.Length..]),
        _ => Value(_card, field.Name),
    };

    private static JsonNode? Value(JsonObject record, string name) =>
        name.StartsWith(CustomField.Prefix, StringComparison.Ordinal) ? record[KindFields.Member]?[name[CustomField.Prefix.Length..]] : record[name];

    private static JsonObject Read(string? json) => json is null ? [] : (JsonObject)JsonNode.Parse(json)!;

    private static decimal? Decimal(JsonNode? node) =>
        node is JsonValue value && decimal.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
