using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>A field of the customer compared with a value that stands still.</summary>
internal sealed class FactTest(Field field, Comparison how, FilterValue value) : Condition
{
    public override Verdict Of(in Glance customer) => value switch
    {
        FilterValue.Number number => Number(customer.Facts, number),
        FilterValue.Flag flag => customer.Facts.Flag(field) == flag.Value,
        FilterValue.Text text => customer.Facts.Text(field) is { } has && Text(has, text.Value),
        _ => throw new InvalidOperationException("Times are compared by another condition."),
    };

    private bool Number(ISegmentFacts facts, FilterValue.Number asked) =>
        facts.Number(field, asked.Currency) is { } has && Comparing.Holds(has.CompareTo(asked.Value), how);

    // As lists do: text without regard to case, ids and the like exactly.
    private bool Text(string has, string asked) => Comparing.Text(
        has, how, asked, field.Type is FieldType.Text or FieldType.Any ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
}

/// <summary>A time, or a day, of the customer compared with one that may move with the clock.</summary>
internal sealed class FactTimeTest(Field field, TimeTest test, TimeZoneInfo zone) : Condition
{
    public override Verdict Of(in Glance customer)
    {
        var at = field.Type == FieldType.Day
            ? customer.Facts.Day(field) is { } day ? WrittenTime.Begin(day, zone).ToUnixTimeMilliseconds() : null
            : customer.Facts.Time(field);
        return at is { } ms ? test.Of(ms, customer.NowMs) : false;
    }
}

/// <summary>One of several choices or texts of the customer is one of some.</summary>
internal sealed class FactHasOne(Field field, IEnumerable<string> asked) : Condition
{
    private readonly HashSet<string> _asked = new(asked, StringComparer.Ordinal);

    public override Verdict Of(in Glance customer)
    {
        foreach (var has in customer.Facts.Texts(field))
            if (_asked.Contains(has)) return true;
        return false;
    }
}

/// <summary>A field of the customer holds nothing.</summary>
internal sealed class FactIsEmpty(Field field) : Condition
{
    public override Verdict Of(in Glance customer) => field.Type switch
    {
        FieldType.Choices or FieldType.Texts => customer.Facts.Texts(field).Count == 0,
        FieldType.Number => customer.Facts.Number(field, null) is null,
        FieldType.Money => customer.Facts.Text(field) is null,
        FieldType.Flag => customer.Facts.Flag(field) is null,
        FieldType.Time => customer.Facts.Time(field) is null,
        FieldType.Day => customer.Facts.Day(field) is null,
        _ => customer.Facts.Text(field) is null,
    };
}
