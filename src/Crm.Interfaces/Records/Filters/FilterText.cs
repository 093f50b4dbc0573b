using System.Globalization;
using System.Text;

namespace Crm.Records.Filters;

/// <summary>Writes a filter as text that reads back as the same filter; one condition has one text, whichever way it was written.</summary>
public static class FilterText
{
    /// <summary>The text; blank for a filter that is true of all.</summary>
    public static string Of(Filter filter) => Write(filter, 0);

    // Binding: 0 or, 1 and, 2 not and comparisons.
    private static string Write(Filter filter, int within) => filter switch
    {
        Filter.All { Parts.Count: 0 } => "",
        Filter.Any any => Joined(any.Parts, " or ", 0, within),
        Filter.All all => Joined(all.Parts, " and ", 1, within),
        Filter.Not { Part: Filter.Empty empty } => $"{empty.Field.Name} is not empty",
        Filter.Not { Part: Filter.OneOf some } when some.Values.Count != 1 || !HasMany(some.Field) => $"{some.Field.Name} not in {List(some.Values)}",
        Filter.Not { Part: Filter.Is { How: Comparison.Equal } compare } => $"{compare.Field.Name} != {Value(compare.Value)}",
        Filter.Not { Part: Filter.Measured { How: Comparison.Equal } measured } => Measured(measured, "!="),
        Filter.Not { Part: Filter.Happened { How: Comparison.Equal } happened } => Happened(happened, "!="),
        Filter.Not not => "not " + Write(not.Part, 2),
        Filter.Empty empty => $"{empty.Field.Name} is empty",
        Filter.OneOf { Values.Count: 1 } some when HasMany(some.Field) => $"{some.Field.Name} has {Value(some.Values[0])}",
        Filter.OneOf some => $"{some.Field.Name} in {List(some.Values)}",
        Filter.Is compare => $"{compare.Field.Name} {Sign(compare.How)} {Value(compare.Value)}",
        Filter.Measured measured => Measured(measured, Sign(measured.How)),
        Filter.Happened happened => Happened(happened, Sign(happened.How)),
        Filter.Followed followed =>
            $"sequence({Pick(followed.First)} then {(followed.Without ? "no " : "")}{Pick(followed.Then)} within {followed.Within.Length()}{Window(followed.In)})",
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter.GetType().Name, "No such filter."),
    };

    /// <summary>What of a customer's events it looks at, and how; equal for all that look at the same.</summary>
    public static string Pick(EventPick pick)
    {
        var text = new StringBuilder(pick.Call == EventCall.Track ? "" : pick.Call.ToString().ToLowerInvariant());
        if (text.Length > 0 && pick.Names.Count > 0) text.Append(' ');
        text.AppendJoin(", ", pick.Names.Order(StringComparer.Ordinal).Select(Quoted));
        if (pick.Tests.Count > 0) text.Append(" where ").AppendJoin(" and ", pick.Tests.Select(Test).Order(StringComparer.Ordinal));
        return text.ToString();
    }

    internal static string Window(EventWindow window) => window switch
    {
        EventWindow.Last last => " in last " + last.Length.Length(),
        EventWindow.During during => $" in {during.Stretch}",
        EventWindow.Since since => $" since {since.Start}",
        _ => "",
    };

    internal static string Path(string path) => path.All(c => char.IsLetter(c) || c is '_' or '$' or '.') ? path : Quoted(path);

    private static string Joined(IReadOnlyList<Filter> parts, string by, int binds, int within)
    {
        var text = string.Join(by, parts.Select(p => Write(p, binds + 1)));
        return within > binds ? $"({text})" : text;
    }

    private static string Measured(Filter.Measured measured, string sign)
    {
        var of = measured.Property is { } property ? Path(property) + " of " : "";
        return string.Create(CultureInfo.InvariantCulture, $"{measured.What.ToString().ToLowerInvariant()}({of}{Pick(measured.Of)}{Window(measured.In)}) {sign} {measured.Value}");
    }

    private static string Happened(Filter.Happened happened, string sign) =>
        $"{(happened.IsLast ? "last" : "first")}({Pick(happened.Of)}{Window(happened.In)}) {sign} {Value(happened.When)}";

    private static string Test(PropertyTest test)
    {
        var path = Path(test.Path);
        return test switch
        {
            { Values.Count: 0 } => $"{path} is {(test.Not ? "" : "not ")}empty",
            { Values.Count: 1, Not: true, How: Comparison.Equal } => $"{path} != {Value(test.Values[0])}",
            { Values.Count: 1 } => $"{path} {Sign(test.How)} {Value(test.Values[0])}",
            _ => $"{path} {(test.Not ? "not " : "")}in {List(test.Values)}",
        };
    }

    private static string List(IReadOnlyList<FilterValue> values) => $"({string.Join(", ", values.Select(Value))})";

    internal static string Value(FilterValue value) => value switch
    {
        FilterValue.Text text => Quoted(text.Value),
        FilterValue.Number number => number.Value.ToString(CultureInfo.InvariantCulture) + (number.Currency is { } currency ? " " + currency : ""),
        FilterValue.Flag flag => flag.Value ? "true" : "false",
        FilterValue.Times { Written: { } written } => written.ToString(),
        FilterValue.Times { IsMoment: true } times => new WrittenTime.Moment(times.From).ToString(),
        FilterValue.Days { Written: { } written } => written.ToString(),
        FilterValue.Days days when days.First == days.Last => new WrittenTime.Day(days.First).ToString(),
        _ => throw new ArgumentException("Times that no text has cannot be written.", nameof(value)),
    };

    private static bool HasMany(Field field) => field.Type is FieldType.Choices or FieldType.Texts;

    internal static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    internal static string Sign(Comparison how) => how switch
    {
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.More => ">",
        Comparison.MoreOrEqual => ">=",
        Comparison.Contains => "~",
        Comparison.Begins => "^=",
        _ => "=",
    };
}
