using Crm.Customers;
using Crm.Records;

namespace Crm.Segments;

/// <summary>What a definition can ask of a customer beside its events.</summary>
/// <param name="card">The fields that people write; null for none.</param>
public sealed class SegmentFields(KindFields? card) : IFields
{
    /// <summary>The segments that somebody is in.</summary>
    public const string Segments = "segments";

    /// <summary>What a person, or a shop, told: <c>trait.NAME</c>.</summary>
    public const string Trait = "trait.";

    /// <summary>A category of consent: <c>consent.NAME</c>.</summary>
    public const string Consent = "consent.";

    /// <summary>How far somebody has come, by events or by what people wrote.</summary>
    public const string Lifecycle = "lifecycle";

    private static readonly string[] s_card = ["tags", "owner", "team", "source", "language", "birthday", "company", "role", "externalId"];

    private static readonly Dictionary<string, Field> s_fields = new Field[]
    {
        new(Segments, FieldType.Texts), new("groups", FieldType.Texts), new("firstSeen", FieldType.Time), new("lastSeen", FieldType.Time),
        new("firstOrder", FieldType.Time), new("lastOrder", FieldType.Time), new("orders", FieldType.Number), new("refunds", FieldType.Number),
        new("revenue", FieldType.Money), new("events", FieldType.Number), new("sessions", FieldType.Number), new("known", FieldType.Flag),
        new("tier", FieldType.Choice) { Choices = ["high-value", "ordinary", "potential"] },
        new(Lifecycle, FieldType.Choice) { Choices = [Lifecycles.Visitor, Lifecycles.Lead, Lifecycles.Customer, Lifecycles.Lapsed] },
    }.ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>Whether people write a field.</summary>
    public static bool IsOfCard(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return s_card.Contains(name) || name.StartsWith(CustomField.Prefix, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public IEnumerable<string> Names => s_fields.Keys.Append(Trait + "NAME").Append(Consent + "NAME").Concat(card?.Names.Where(IsOfCard) ?? []);

    /// <inheritdoc/>
    public Field? Find(string name)
    {
        if (s_fields.TryGetValue(name, out var field)) return field;
        if (name.StartsWith(Trait, StringComparison.Ordinal) && name.Length > Trait.Length) return new Field(name, FieldType.Any);
        if (name.StartsWith(Consent, StringComparison.Ordinal) && name.Length > Consent.Length) return new Field(name, FieldType.Flag);
        return IsOfCard(name) ? card?.Find(name) : null;
    }
}
