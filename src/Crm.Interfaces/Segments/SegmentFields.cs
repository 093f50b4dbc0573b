using Crm.Customers;
using Crm.Records;

namespace Crm.Segments;

/// <summary>What a definition can ask of a customer beside its events.</summary>
/// <param name="card">The fields that people write of customers; null for none.</param>
/// <param name="company">Those of companies; null for none.</param>
public sealed class SegmentFields(KindFields? card, KindFields? company = null) : IFields
{
    /// <summary>The segments that somebody is in.</summary>
    public const string Segments = "segments";

    /// <summary>What a person, or a shop, told: <c>trait.NAME</c>.</summary>
    public const string Trait = "trait.";

    /// <summary>A category of consent: <c>consent.NAME</c>.</summary>
    public const string Consent = "consent.";

    /// <summary>A field of the company that somebody belongs to: <c>company.NAME</c>.</summary>
    public const string Company = "company.";

    /// <summary>Numbers of somebody's deals: <c>deals.NAME</c>.</summary>
    public const string Deals = "deals.";

    /// <summary>Scores of what somebody bought: <c>rfm.NAME</c>.</summary>
    public const string Rfm = "rfm.";

    /// <summary>Among whom somebody is by what was bought.</summary>
    public const string Cluster = "cluster";

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
        new(Rfm + "recency", FieldType.Number), new(Rfm + "frequency", FieldType.Number), new(Rfm + "monetary", FieldType.Number), new(Cluster, FieldType.Id),
        new(Deals + "open", FieldType.Number), new(Deals + "won", FieldType.Number), new(Deals + "lost", FieldType.Number),
        new(Deals + "openAmount", FieldType.Money), new(Deals + "wonAmount", FieldType.Money), new(Deals + "nextClose", FieldType.Day), new(Deals + "lastWon", FieldType.Time),
    }.ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>All that a definition can ask of a customer of this installation.</summary>
    public static SegmentFields Of(ICustomFields own)
    {
        ArgumentNullException.ThrowIfNull(own);
        return new SegmentFields(own.Of(RecordKind.Customer), own.Of(RecordKind.Company));
    }

    /// <summary>Where people write a field; <see cref="WrittenParts.None"/> for what nobody writes.</summary>
    public static WrittenParts PartOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.StartsWith(Company, StringComparison.Ordinal)) return WrittenParts.Company;
        if (name.StartsWith(Deals, StringComparison.Ordinal)) return WrittenParts.Deals;
        return IsOfCard(name) ? WrittenParts.Card : WrittenParts.None;
    }

    /// <summary>Whether a field tells what somebody bought, beside all others who did.</summary>
    public static bool IsRfm(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name == Cluster || name.StartsWith(Rfm, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public IEnumerable<string> Names => s_fields.Keys.Append(Trait + "NAME").Append(Consent + "NAME")
        .Concat(card?.Names.Where(IsOfCard) ?? []).Concat(company?.Rules.Where(IsAsked).Select(r => Company + r.Field.Name) ?? []);

    /// <inheritdoc/>
    public Field? Find(string name)
    {
        if (s_fields.TryGetValue(name, out var field)) return field;
        if (name.StartsWith(Trait, StringComparison.Ordinal) && name.Length > Trait.Length) return new Field(name, FieldType.Any);
        if (name.StartsWith(Consent, StringComparison.Ordinal) && name.Length > Consent.Length) return new Field(name, FieldType.Flag);
        if (name.StartsWith(Company, StringComparison.Ordinal))
            return company?.Rule(name[Company.Length..]) is { } rule && IsAsked(rule) ? rule.Field with { Name = name } : null;
        return IsOfCard(name) ? card?.Find(name) : null;
    }

    private static bool IsOfCard(string name) => s_card.Contains(name) || name.StartsWith(CustomField.Prefix, StringComparison.Ordinal);

    // Times of a record are of the record, not of what people wrote.
    private static bool IsAsked(FieldRule rule) => rule.Field.IsCompared && rule.Field.Type != FieldType.Time;
}
