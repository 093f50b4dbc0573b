using System.Globalization;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>A field of each type, and what a customer has in them.</summary>
internal sealed class SegmentTestFields : IFields
{
    private static readonly Field[] s_fields =
    [
        new(SegmentFields.Segments, FieldType.Texts), new("stage", FieldType.Choice) { Choices = ["lead", "customer"] }, new("tags", FieldType.Choices) { Choices = ["vip", "new"] },
        new("score", FieldType.Number), new("lastSeen", FieldType.Time), new("birthday", FieldType.Day), new("trait.plan", FieldType.Any), new("known", FieldType.Flag),
    ];

    public static SegmentTestFields Instance { get; } = new();

    public IEnumerable<string> Names => s_fields.Select(f => f.Name);

    public Field? Find(string name) => s_fields.FirstOrDefault(f => f.Name == name);

    /// <summary>A definition from its text.</summary>
    public static Filter Parse(string text, TimeZoneInfo? zone = null)
    {
        var filter = FilterParser.Parse(text, Instance, new FilterContext(DateTimeOffset.UnixEpoch.AddYears(56), zone ?? TimeZoneInfo.Utc, null) { TakesEvents = true }, out var problem);
        return filter ?? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{text} at {problem!.At}: {problem.Why}"));
    }
}

/// <inheritdoc cref="SegmentTestFields"/>
internal sealed class TestFacts(IReadOnlyDictionary<string, object> facts) : ISegmentFacts
{
    public string? Text(Field field) => facts.GetValueOrDefault(field.Name) switch
    {
        string text => text,
        decimal number => number.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    public IReadOnlyList<string> Texts(Field field) => facts.GetValueOrDefault(field.Name) as string[] ?? [];

    public decimal? Number(Field field, string? currency) => facts.GetValueOrDefault(field.Name) as decimal?;

    public bool? Flag(Field field) => facts.GetValueOrDefault(field.Name) as bool?;

    public long? Time(Field field) => facts.GetValueOrDefault(field.Name) as long?;

    public DateOnly? Day(Field field) => facts.GetValueOrDefault(field.Name) as DateOnly?;
}
