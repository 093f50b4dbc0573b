using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Segments;

/// <summary>What a customer remembers for the live definitions, in which segments it is, and until when that surely stays so by itself.</summary>
internal sealed class SegmentState
{
    private readonly List<(string Id, long SinceMs)> _in = [];

    /// <summary>What it remembers of its events.</summary>
    public SeriesTable Series { get; private set; } = new();

    /// <summary>The plan by which it was last looked at.</summary>
    public long Plan { get; private set; }

    /// <summary>What was born up to this plan it remembers wholly; what was born later is to be read from the history.</summary>
    public long Complete { get; private set; }

    /// <summary>While it reads the history: what was born up to this plan it also remembers as it comes. Not stored.</summary>
    public long CatchingUpTo { get; private set; }

    /// <summary>The first moment at which it has to be looked at again although nothing happened.</summary>
    public long UntilMs { get; private set; } = TimeEdge.Never;

    /// <summary>The segments it is in, with since when.</summary>
    public IReadOnlyList<(string Id, long SinceMs)> In => _in;

    /// <summary>Nothing remembered, and in no segment.</summary>
    public bool IsBlank => Plan == 0 && Complete == 0 && _in.Count == 0 && Series.Count == 0;

    /// <summary>True when something is to be read from the history, and nobody does yet.</summary>
    public bool IsBehind(SegmentPlan plan) => Math.Max(Complete, CatchingUpTo) < plan.Born;

    /// <summary>Nothing happened yet: there is no history to be read.</summary>
    public void Begin(SegmentPlan plan) => Complete = plan.Number;

    /// <summary>Remembers an event, as far as what came before it is remembered or is being read.</summary>
    public void Fold(SegmentPlan plan, BehaviourEvent happened)
    {
        var known = Math.Max(Complete, CatchingUpTo);
        plan.Fold(Series, happened, known >= plan.Born ? null : spec => spec.Born <= known);
    }

    /// <summary>
    /// From now on remembers what comes of all that the plan looks at; what was before, the caller reads from the history into what this
    /// answers, and hands it back.
    /// </summary>
    public SeriesTable CatchUp(SegmentPlan plan)
    {
        foreach (var spec in plan.Specs.Where(s => s.Born > Complete)) Series.Remove(spec.Key);
        CatchingUpTo = plan.Number;
        return new SeriesTable();
    }

    /// <summary>Takes over what was read from the history.</summary>
    public void CaughtUp(SegmentPlan plan, SeriesTable read)
    {
        Series.Absorb(read, plan);
        (Complete, CatchingUpTo, UntilMs) = (plan.Number, 0, 0);
    }

    /// <summary>The history could not be read: it is to be read anew.</summary>
    public void GiveUp() => CatchingUpTo = 0;

    /// <summary>Takes over what another customer remembers. What either does not remember wholly, or the plan does not know yet, is read from the history of both.</summary>
    public void Absorb(SegmentState other, SegmentPlan plan)
    {
        Series.Absorb(other.Series, plan);
        (Complete, CatchingUpTo, UntilMs) = (Math.Min(Math.Min(Complete, other.Complete), plan.Number), 0, 0);
    }

    /// <summary>Of one who was taken apart: where it was stays known, what it remembers is read anew.</summary>
    public SegmentState Apart()
    {
        var apart = new SegmentState { UntilMs = 0 };
        apart._in.AddRange(_in);
        return apart;
    }

    /// <summary>Looks at all definitions anew.</summary>
    /// <param name="plan">The definitions.</param>
    /// <param name="facts">The customer, beside its events.</param>
    /// <param name="isCardKnown">Whether what people wrote is among them; without it what looks at that stays as it is.</param>
    /// <param name="nowMs">The moment.</param>
    /// <param name="changes">Takes who entered and who left.</param>
    public void Look(SegmentPlan plan, ISegmentFacts facts, bool isCardKnown, long nowMs, List<SegmentChange> changes)
    {
        if (Plan != plan.Number) Series.Keep(plan);
        var (inside, until) = (Inside(plan), TimeEdge.Never);
        var glance = new Glance(facts, Series, inside, nowMs);
        for (var at = 0; at < inside.Length; at++)
        {
            var (segment, was) = (plan.Segments[at], inside[at]);

            // As long as not all is known that it looks at, nobody enters or leaves.
            if (segment.Born > Complete || (segment.Reads != WrittenParts.None && !isCardKnown)) continue;
            var verdict = segment.Condition.Of(glance);
            inside[at] = verdict.Holds;
            until = Math.Min(until, verdict.UntilMs);
            if (verdict.Holds == was) continue;
            if (verdict.Holds) _in.Add((segment.Id, nowMs));
            else Leave(segment.Id);
            changes.Add(new SegmentChange(segment.Id, segment.Version, verdict.Holds, nowMs));
        }

        if (Plan != plan.Number) LeaveDeleted(plan, nowMs, changes);
        (Plan, UntilMs) = (plan.Number, until);
    }

    /// <summary>As it is answered.</summary>
    public IReadOnlyList<SegmentMembership> View() => _in.Count == 0 ? [] : [.. _in.Select(m => new SegmentMembership(m.Id, m.SinceMs)).OrderBy(m => m.Segment, StringComparer.Ordinal)];

    /// <summary>What is told when this customer becomes a part of another: it leaves wherever it was.</summary>
    public IReadOnlyList<SegmentChange> Leaves(long nowMs) => [.. _in.Select(m => new SegmentChange(m.Id, 0, false, nowMs))];

    public void Write(PackWriter output)
    {
        output.Number(Plan);
        output.Number(Complete);
        output.Number(UntilMs == TimeEdge.Never ? 0 : Math.Max(1, UntilMs));
        output.Count(_in.Count);
        foreach (var (id, since) in _in)
        {
            output.Text(id);
            output.Number(since);
        }

        Series.Write(output);
    }

    public static SegmentState Read(ref PackReader input)
    {
        var state = new SegmentState { Plan = input.Number(), Complete = input.Number() };
        var until = input.Number();
        state.UntilMs = until == 0 ? TimeEdge.Never : until;
        var count = input.Count();
        while (state._in.Count < count) state._in.Add((input.RequiredText(), input.Number()));
        state.Series = SeriesTable.Read(ref input);
        return state;
    }

    /// <summary>Where it is, by the places of a plan's segments.</summary>
    public bool[] Inside(SegmentPlan plan)
    {
        var inside = new bool[plan.Segments.Count];
        foreach (var (id, _) in _in)
            if (plan.PlaceOf(id) is { } place) inside[place] = true;
        return inside;
    }

    private void Leave(string segment) => _in.RemoveAt(_in.FindIndex(m => m.Id == segment));

    private void LeaveDeleted(SegmentPlan plan, long nowMs, List<SegmentChange> changes)
    {
        for (var at = _in.Count - 1; at >= 0; at--)
        {
            if (plan.PlaceOf(_in[at].Id) is not null) continue;
            changes.Add(new SegmentChange(_in[at].Id, 0, false, nowMs));
            _in.RemoveAt(at);
        }
    }
}
