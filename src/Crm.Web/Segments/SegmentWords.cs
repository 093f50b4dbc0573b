using System.Globalization;
using Crm.Language;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>A definition in the words of whoever looks.</summary>
public sealed class SegmentWords(SegmentTerms terms, Texts texts, Formats format)
{
    public string Say(Filter filter) => filter switch
    {
        Filter.All all => string.Join(texts["segments.say.and"], all.Parts.Select(Part)),
        Filter.Any any => string.Join(texts["segments.say.or"], any.Parts.Select(Part)),
        Filter.Not { Part: Filter.Empty empty } => $"{terms.Label(empty.Field.Name)} {texts["sign.filled"]}",
        Filter.Not { Part: Filter.Is { How: Comparison.Equal } compare } => Compared(compare, BuiltSigns.IsNot),
        Filter.Not { Part: Filter.OneOf some } => OneOf(some, true),
        Filter.Not not => texts["segments.say.not", Say(not.Part)],
        Filter.Empty empty => $"{terms.Label(empty.Field.Name)} {texts["sign.empty"]}",
        Filter.OneOf some => OneOf(some, false),
        Filter.Is compare => Compared(compare, BuiltSigns.Of(compare.How)),
        Filter.Measured measured => Measured(measured),
        Filter.Happened happened => During(
            texts[happened.IsLast ? "segments.say.last" : "segments.say.first", Events(happened.Of)], happened.In, TimeSign(happened.How), Value(null, happened.When)),
        Filter.Followed followed => Followed(followed),
        _ => FilterText.Of(filter),
    };

    /// <summary>An event as people call it.</summary>
    public string Event(string type, string? name) => texts.Choice("event", type == "track" ? name ?? type : type) + (type is "page" or "screen" && name is { Length: > 0 } ? " " + name : "");

    /// <summary>A time as people say it.</summary>
    public string Time(WrittenTime time) => time switch
    {
        WrittenTime.Day day => format.Day(day.On),
        WrittenTime.Moment moment => format.Time(moment.At),
        WrittenTime.Distance { Count: 0 } => texts["segments.stretch.now"],
        WrittenTime.Distance { Count: < 0 } past => texts["segments.say.ago", Length(past)],
        WrittenTime.Distance ahead => texts["segments.say.ahead", Length(ahead)],
        _ => texts["segments.stretch." + time],
    };

    /// <summary>A length of time as people say it.</summary>
    public string Length(WrittenTime.Distance length) => texts.Count("segments.length." + length.Unit.ToString().ToLowerInvariant(), Math.Abs((long)length.Count));

    private string Part(Filter filter) => filter is Filter.All or Filter.Any ? $"({Say(filter)})" : Say(filter);

    private string Compared(Filter.Is compare, string sign) => compare.Value is FilterValue.Times or FilterValue.Days
        ? $"{terms.Label(compare.Field.Name)} {(sign == BuiltSigns.IsNot ? texts["sign.!="] : TimeSign(compare.How))} {Value(compare.Field, compare.Value)}"
        : $"{terms.Label(compare.Field.Name)} {texts["sign." + sign]} {Value(compare.Field, compare.Value)}";

    private string OneOf(Filter.OneOf some, bool not)
    {
        var sign = (some.Field.Type is FieldType.Choices or FieldType.Texts && some.Values.Count == 1, not) switch
        {
            (true, false) => BuiltSigns.Has,
            (true, true) => BuiltSigns.HasNot,
            (_, true) => BuiltSigns.NotIn,
            _ => BuiltSigns.In,
        };
        return $"{terms.Label(some.Field.Name)} {texts["sign." + sign]} {Listed(some.Values.Select(v => Value(some.Field, v)))}";
    }

    private string Measured(Filter.Measured measured)
    {
        var what = Events(measured.Of);
        var head = measured.What switch
        {
            Measure.Sum => texts["segments.say.sum", measured.Property, what],
            Measure.Distinct => texts["segments.say.distinct", measured.Property, what],
            _ => what,
        };
        return During(head, measured.In, texts["sign." + BuiltSigns.Of(measured.How)], Formats.Number(measured.Value));
    }

    private string Followed(Filter.Followed followed)
    {
        var said = texts[followed.Without ? "segments.say.thenNo" : "segments.say.then", Events(followed.First), Events(followed.Then), Length(followed.Within)];
        return followed.In is EventWindow.Ever ? said : $"{said}{texts["segments.say.comma"]}{Window(followed.In)}";
    }

    private string During(string what, EventWindow window, string sign, string value) => window is EventWindow.Ever
        ? texts["segments.say.ever", what, sign, value]
        : texts["segments.say.during", what, Window(window), sign, value];

    private string Window(EventWindow window) => window switch
    {
        EventWindow.Last last => texts["segments.say.in", Length(last.Length)],
        EventWindow.During during => texts["segments.stretch." + during.Stretch],
        EventWindow.Since since => texts["segments.say.since", Time(since.Start)],
        _ => "",
    };

    private string Events(EventPick pick)
    {
        var call = pick.Call == EventCall.Any ? texts["segments.call.any"] : Event(pick.Call.ToString().ToLowerInvariant(), null);
        var named = pick.Names.Count == 0 ? call : Listed(pick.Names.Select(n => pick.Call == EventCall.Track ? texts.Choice("event", n) : $"{call} {n}"));
        return pick.Tests.Count == 0 ? named : texts["segments.say.where", named, string.Join(texts["segments.say.comma"], pick.Tests.Select(Test))];
    }

    private string Test(PropertyTest test)
    {
        var built = BuiltTest.Read(test);
        return $"{test.Path} {texts["sign." + built.Sign]} {Listed(test.Values.Select(v => Value(null, v)))}".TrimEnd();
    }

    private string Listed(IEnumerable<string> values) => string.Join(texts["segments.say.or"], values);

    private string TimeSign(Comparison how) => texts["segments.sign." + BuiltSigns.Of(how)];

    private string Value(Field? field, FilterValue value) => value switch
    {
        FilterValue.Text text => field is null ? text.Value : terms.Choice(field, text.Value),
        FilterValue.Number { Currency: { } currency } money => format.Money(money.Value, currency),
        FilterValue.Number number => number.Value.ToString(CultureInfo.InvariantCulture),
        FilterValue.Flag flag => texts[flag.Value ? "segments.yes" : "segments.no"],
        FilterValue.Times { Written: { } written } => Time(written),
        FilterValue.Days { Written: { } written } => Time(written),
        _ => "",
    };
}
