using Crm.Customers;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>Why a definition that can be read cannot be kept live; the message is for whoever wrote it.</summary>
internal sealed class DefinitionException(string message) : Exception(message);

/// <summary>Makes of a definition what is asked of customers, and finds what they have to remember for it.</summary>
/// <param name="zone">The company's time zone.</param>
/// <param name="place">Where in the plan a segment stands that this one may name; null for one that it may not.</param>
internal sealed class ConditionCompiler(TimeZoneInfo zone, Func<string, int?> place)
{
    private const long DayMs = 86_400_000;

    private readonly Dictionary<ulong, SeriesSpec> _specs = [];

    /// <summary>What customers remember for all that was compiled.</summary>
    public IReadOnlyCollection<SeriesSpec> Specs => _specs.Values;

    /// <summary>What it looks at of what people wrote.</summary>
    public WrittenParts Reads { get; private set; }

    /// <summary>Whether it looks at what was bought, beside all others who bought.</summary>
    public bool ReadsRfm { get; private set; }

    /// <exception cref="DefinitionException">It needs more than a customer may remember, or names what there is not.</exception>
    public Condition Of(Filter filter) => filter switch
    {
        Filter.Is { Field.Name: SegmentFields.Lifecycle, Value: FilterValue.Text stage } => LifecycleIs(stage.Value),
        Filter.Empty { Field.Name: SegmentFields.Lifecycle } => new Condition.Any([]),
        Filter.All all => new Condition.All([.. all.Parts.Select(Of)]),
        Filter.Any any => new Condition.Any([.. any.Parts.Select(Of)]),
        Filter.Not not => new Condition.Not(Of(not.Part)),
        Filter.Empty { Field.Name: SegmentFields.Segments } => throw new DefinitionException("name the segments: segments has \"...\"."),
        Filter.Empty empty when SegmentFields.IsRfm(empty.Field.Name) => Beside(new RfmIsEmpty()),
        Filter.Empty empty => new FactIsEmpty(Read(empty.Field)),
        Filter.OneOf { Field.Name: SegmentFields.Segments } some => new Condition.Any([.. some.Values.Select(InSegment)]),
        Filter.OneOf some when some.Field.Type is FieldType.Choices or FieldType.Texts => new FactHasOne(Read(some.Field), some.Values.OfType<FilterValue.Text>().Select(t => t.Value)),
        Filter.OneOf some => new Condition.Any([.. some.Values.Select(v => Of(new Filter.Is(some.Field, Comparison.Equal, v)))]),
        Filter.Is compare when SegmentFields.IsRfm(compare.Field.Name) => Beside(new RfmTest(compare.Field, compare.How, compare.Value)),
        Filter.Is compare => Compared(compare),
        Filter.Measured { What: Measure.Count } count => Counted(count),
        Filter.Measured { What: Measure.Sum } sum => Summed(sum),
        Filter.Measured distinct => Distinct(distinct),
        Filter.Happened happened => Happened(happened),
        Filter.Followed followed => Followed(followed),
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter.GetType().Name, "No such condition."),
    };

    private Condition Compared(Filter.Is compare)
    {
        var (field, how) = (Read(compare.Field), compare.How);
        return compare.Value switch
        {
            FilterValue.Times times => new FactTimeTest(field, TimeTest.Of(how, times.Written!, zone), zone),
            FilterValue.Days days => new FactTimeTest(field, TimeTest.OfDays(how, days.Written!, zone), zone),
            var value => new FactTest(field, how, value),
        };
    }

    private Field Read(Field field)
    {
        Reads |= SegmentFields.PartOf(field.Name);
        return field;
    }

    private Condition Beside(Condition condition)
    {
        ReadsRfm = true;
        return condition;
    }

    // What people wrote wins; else it follows from orders, and who bought nothing for so long has lapsed by time alone.
    private Condition LifecycleIs(string stage)
    {
        Reads |= WrittenParts.Card;
        var (written, orders) = (new Field(SegmentFields.Lifecycle, FieldType.Choice), new Field("orders", FieldType.Number));
        Condition bought = new FactTest(orders, Comparison.More, new FilterValue.Number(0, null));
        Condition known = new FactTest(new Field("known", FieldType.Flag), Comparison.Equal, new FilterValue.Flag(true));
        Condition lapsed = new FactTimeTest(new Field("lastOrder", FieldType.Time), TimeTest.Of(Comparison.Less, new WrittenTime.Distance(-Lifecycles.LapsedAfterDays, TimeUnit.Day), zone), zone);
        Condition live = stage switch
        {
            Lifecycles.Visitor => new Condition.All([new Condition.Not(bought), new Condition.Not(known)]),
            Lifecycles.Lead => new Condition.All([new Condition.Not(bought), known]),
            Lifecycles.Customer => new Condition.All([bought, new Condition.Not(lapsed)]),
            _ => new Condition.All([bought, lapsed]),
        };
        return new Condition.Any([new FactTest(written, Comparison.Equal, new FilterValue.Text(stage)), new Condition.All([new FactIsEmpty(written), live])]);
    }

    private Condition InSegment(FilterValue value)
    {
        var name = ((FilterValue.Text)value).Value;
        return place(name) is { } at ? new Condition.InSegment(at) : throw new DefinitionException($"there is no segment \"{name}\" that this one can name.");
    }

    private Condition Counted(Filter.Measured count)
    {
        if (count.In is EventWindow.During during) return Bucketed(count, during.Stretch);
        if (count.In is not EventWindow.Last) return new Totals(Spec(SeriesKind.Count, 0, count.Of, Since(count.In)).Key, count.How, count.Value);
        var key = Spec(SeriesKind.Times, Most(count), count.Of, long.MinValue).Key;
        return Reached(key, From(count.In), count);
    }

    private Condition Summed(Filter.Measured sum)
    {
        switch (sum.In)
        {
            case EventWindow.During during:
                return Bucketed(sum, during.Stretch);
            case EventWindow.Last last:
                // A month is at most 31 days; rounded, so that few are told apart.
                var now = DateTimeOffset.UnixEpoch.AddYears(50);
                var days = (int)Math.Ceiling((last.Length.From(now)!.Value - now).TotalDays) + 3;
                var horizon = SeriesSpec.Rounded(days) * DayMs;
                return new SumsSince(Spec(SeriesKind.Amounts, SeriesSpec.Amounts, sum.Of, long.MinValue, sum.Property, horizon).Key, From(last)!, sum.How, sum.Value);
            default:
                return new Totals(Spec(SeriesKind.Sum, 0, sum.Of, Since(sum.In), sum.Property).Key, sum.How, sum.Value);
        }
    }

    private Condition Distinct(Filter.Measured distinct)
    {
        if (distinct.In is EventWindow.During { Stretch.Step: < 0 }) throw new DefinitionException("different values are counted in today, this_week, this_month and the like, or in last 7d, not in a stretch that is over.");
        var key = Spec(SeriesKind.Values, Most(distinct), distinct.Of, Since(distinct.In), distinct.Property).Key;
        return Reached(key, From(distinct.In), distinct);
    }

    private Condition Happened(Filter.Happened happened)
    {
        if (happened.In is EventWindow.During { Stretch.Step: < 0 }) throw new DefinitionException("the last time is looked for up to now, not in a stretch that is over: compare it with a date.");
        if (!happened.IsLast && happened.In is not (EventWindow.Ever or EventWindow.Since)) throw new DefinitionException("the first time is looked for in all events, or since a date.");
        var spec = happened.IsLast ? Spec(SeriesKind.Times, 1, happened.Of, Since(happened.In)) : Spec(SeriesKind.First, 0, happened.Of, Since(happened.In));
        return new TimeOf(spec.Key, From(happened.In), TimeTest.Of(happened.How, happened.When.Written!, zone));
    }

    private Condition Followed(Filter.Followed followed)
    {
        if (followed.In is EventWindow.During { Stretch.Step: < 0 }) throw new DefinitionException("a sequence is looked for up to now, not in a stretch that is over.");
        var first = Spec(SeriesKind.Times, SeriesSpec.SequenceTimes, followed.First, Since(followed.In));
        var then = Spec(SeriesKind.Times, SeriesSpec.SequenceTimes, followed.Then, long.MinValue);
        return new Follows(first.Key, then.Key, followed.Without, followed.Within, From(followed.In));
    }

    private Condition Bucketed(Filter.Measured measured, WrittenTime.Stretch stretch)
    {
        var buckets = CalendarBuckets.For(stretch);
        var (kind, capacity) = buckets.Months ? (SeriesKind.Months, SeriesSpec.Months) : (SeriesKind.Days, SeriesSpec.Days);
        var key = Spec(kind, capacity, measured.Of, long.MinValue, measured.Property, 0, zone.Id).Key;
        return new InStretch(key, buckets, stretch, zone, measured.What == Measure.Sum, measured.How, measured.Value);
    }

    // "At least n" lasts until the n-th newest has left; whatever else is asked of a number is made of that.
    private static Condition Reached(ulong key, TimeEdge? from, Filter.Measured measured)
    {
        var number = (int)measured.Value;
        return measured.How switch
        {
            Comparison.MoreOrEqual => AtLeast(number),
            Comparison.More => AtLeast(number + 1),
            Comparison.Less => new Condition.Not(AtLeast(number)),
            Comparison.LessOrEqual => new Condition.Not(AtLeast(number + 1)),
            _ => new Condition.All([AtLeast(number), new Condition.Not(AtLeast(number + 1))]),
        };

        Condition AtLeast(int least) => least <= 0 ? new Condition.All([]) : new Reaches(key, from, least);
    }

    private static int Most(Filter.Measured measured)
    {
        if (measured.Value >= SeriesSpec.MostCounted)
            throw new DefinitionException($"a customer remembers at most {SeriesSpec.MostCounted} times or values for a condition: compare with less than {SeriesSpec.MostCounted}, or count over all time, since a date, or in this_month and the like.");
        return SeriesSpec.Rounded((int)measured.Value + 1);
    }

    private TimeEdge? From(EventWindow window) => window switch
    {
        EventWindow.Last last => TimeEdge.Begin(last.Length with { Count = -last.Length.Count }, zone, later: 1),
        EventWindow.During during => TimeEdge.Begin(during.Stretch, zone),
        _ => null,
    };

    private long Since(EventWindow window) => window is EventWindow.Since since ? TimeEdge.Begin(since.Start, zone).At(0) : long.MinValue;

    private SeriesSpec Spec(SeriesKind kind, int capacity, EventPick pick, long since, string? property = null, long horizon = 0, string timeZone = "")
    {
        var spec = new SeriesSpec(new SeriesShape(kind, capacity, horizon), pick, property, since, timeZone);
        return _specs.TryGetValue(spec.Key, out var known) ? known : _specs[spec.Key] = spec;
    }
}
