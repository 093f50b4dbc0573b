using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>A definition as its builder shows it: every filter has such a form.</summary>
internal static class BuiltReading
{
    private static readonly FilterContext s_context = new(DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc, null) { TakesEvents = true };

    /// <summary>From the one text that the API has for a definition, whose times name their zone; null for what is none.</summary>
    public static Filter? Filter(string text, IFields fields) => FilterParser.Parse(text, fields, s_context, out _);

    public static BuiltGroup Group(Filter filter) => Part(filter) switch
    {
        BuiltGroup group => group,
        var part => new BuiltGroup(GroupKind.All, [part]),
    };

    private static BuiltPart Part(Filter filter) => filter switch
    {
        Filter.All all => new BuiltGroup(GroupKind.All, all.Parts.Select(Part)),
        Filter.Any any => new BuiltGroup(GroupKind.Any, any.Parts.Select(Part)),
        Filter.Not { Part: Filter.Any any } => new BuiltGroup(GroupKind.None, any.Parts.Select(Part)),
        Filter.Not { Part: var part } => Condition(part, true) ?? new BuiltGroup(GroupKind.None, [Part(part)]),
        _ => Condition(filter, false) ?? throw new ArgumentOutOfRangeException(nameof(filter), filter.GetType().Name, "No such filter."),
    };

    // Null for what is no single condition, or none whose negation has a sign.
    private static BuiltPart? Condition(Filter filter, bool not) => filter switch
    {
        Filter.Empty empty => BuiltField.Of(empty.Field, not ? BuiltSigns.Filled : BuiltSigns.Empty, []),
        Filter.OneOf { Values.Count: 1, Field.Type: FieldType.Choices or FieldType.Texts } had => BuiltField.Of(had.Field, not ? BuiltSigns.HasNot : BuiltSigns.Has, had.Values),
        Filter.OneOf some => BuiltField.Of(some.Field, not ? BuiltSigns.NotIn : BuiltSigns.In, some.Values),
        Filter.Is compare when !not || compare.How == Comparison.Equal => BuiltField.Of(compare.Field, BuiltSigns.Of(compare.How, not), [compare.Value]),
        Filter.Measured measured when !not || measured.How == Comparison.Equal => BuiltEvents.Read(measured, not),
        Filter.Happened happened when !not || happened.How == Comparison.Equal => BuiltEvents.Read(happened, not),
        Filter.Followed followed when !not => BuiltEvents.Read(followed),
        _ => null,
    };
}
