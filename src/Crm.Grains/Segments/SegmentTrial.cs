using Crm.Clickstream;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>Conditions that are asked once, beside what lives: of a draft, or one by one to say why somebody is where.</summary>
internal sealed class SegmentTrial
{
    private readonly (Condition Condition, SegmentPlan Reads)[] _parts;

    private SegmentTrial(SegmentPlan live, IReadOnlyList<Filter> filters, (Condition, SegmentPlan)[] parts, WrittenParts reads) =>
        (Live, Filters, _parts, Reads) = (live, filters, parts, reads);

    /// <summary>The plan whose segments they may name.</summary>
    public SegmentPlan Live { get; }

    /// <summary>The conditions.</summary>
    public IReadOnlyList<Filter> Filters { get; }

    /// <summary>What they look at of what people wrote.</summary>
    public WrittenParts Reads { get; }

    /// <summary>Whether one looks at events.</summary>
    public bool ReadsEvents => _parts.Any(p => p.Reads.Specs.Any());

    /// <summary>Compiles them; segments that they name are those of the plan.</summary>
    /// <exception cref="DefinitionException">One cannot be asked.</exception>
    public static SegmentTrial Of(SegmentPlan live, IReadOnlyList<Filter> filters)
    {
        var (parts, reads) = (new List<(Condition, SegmentPlan)>(), WrittenParts.None);
        foreach (var filter in filters)
        {
            var compiler = new ConditionCompiler(live.Zone, live.PlaceOf);
            parts.Add((compiler.Of(filter), new SegmentPlan(1, [], compiler.Specs, live.Zone)));
            reads |= compiler.Reads;
        }

        return new SegmentTrial(live, filters, [.. parts], reads);
    }

    /// <summary>What a definition asks, one by one.</summary>
    public static IEnumerable<Filter> Leaves(Filter filter) => filter switch
    {
        Filter.All all => all.Parts.SelectMany(Leaves),
        Filter.Any any => any.Parts.SelectMany(Leaves),
        Filter.Not not => Leaves(not.Part),
        _ => [filter],
    };

    /// <summary>Remembers an event; says for each condition whether it looks at it.</summary>
    /// <param name="series">What the customer remembers for the trial.</param>
    /// <param name="happened">The event.</param>
    /// <param name="looked">Called with the place of each condition that looks at it.</param>
    public void Fold(SeriesTable series, BehaviourEvent happened, Action<int>? looked = null)
    {
        // Two conditions may remember the same: each series takes an event once.
        var folded = new HashSet<ulong>();
        for (var at = 0; at < _parts.Length; at++)
        {
            var reads = _parts[at].Reads;
            if (reads.Fold(new SeriesTable(), happened)) looked?.Invoke(at);
            reads.Fold(series, happened, spec => folded.Add(spec.Key));
        }
    }

    /// <summary>Asks.</summary>
    /// <param name="state">Where the customer is.</param>
    /// <param name="series">What it remembers for the trial.</param>
    /// <param name="facts">The rest.</param>
    /// <param name="nowMs">The moment.</param>
    public Verdict[] Of(SegmentState? state, SeriesTable series, ISegmentFacts facts, long nowMs)
    {
        var inside = state?.Inside(Live) ?? new bool[Live.Segments.Count];
        return [.. _parts.Select(p => p.Condition.Of(new Glance(facts, series, inside, nowMs)))];
    }
}
