using Crm.Customers;

namespace Crm.Segments;

/// <summary>Somebody entered a segment, or left it.</summary>
/// <param name="Segment">Its id.</param>
/// <param name="Version">Of the definition by which.</param>
/// <param name="Entered">Entered, or left.</param>
/// <param name="AtMs">When: the moment of the turn, or the one at which time alone did it.</param>
internal readonly record struct SegmentChange(string Segment, int Version, bool Entered, long AtMs);

/// <summary>What a customer remembers for the live definitions, in which segments it is, and until when that surely stays so by itself.</summary>
internal sealed class SegmentState
{
    private readonly List<(string Id, long SinceMs)> _in = [];

    /// <summary>What it remembers of its events.</summary>
    public SeriesTable Series { get; private set; } = new();

    /// <summary>The plan by which it was last looked at.</summary>
    public long Plan { get; private set; }

    /// <summary>The first moment at which it has to be looked at again although nothing happened.</summary>
    public long UntilMs { get; private set; } = TimeEdge.Never;

    /// <summary>The segments it is in, with since when.</summary>
    public IReadOnlyList<(string Id, long SinceMs)> In => _in;

    /// <summary>Looks at all definitions anew.</summary>
    /// <param name="plan">The definitions.</param>
    /// <param name="facts">The customer, beside its events.</param>
    /// <param name="nowMs">The moment.</param>
    /// <param name="changes">Takes who entered and who left.</param>
    public void Look(SegmentPlan plan, ISegmentFacts facts, long nowMs, List<SegmentChange> changes)
    {
        if (Plan != plan.Number) Series.Keep(plan);
        var (inside, until) = (new bool[plan.Segments.Count], TimeEdge.Never);
        var glance = new Glance(facts, Series, inside, nowMs);
        for (var at = 0; at < inside.Length; at++)
        {
            var segment = plan.Segments[at];
            var verdict = segment.Condition.Of(glance);
            inside[at] = verdict.Holds;
            until = Math.Min(until, verdict.UntilMs);
            var known = _in.FindIndex(m => m.Id == segment.Id);
            if (verdict.Holds == known >= 0) continue;
            if (verdict.Holds) _in.Add((segment.Id, nowMs));
            else _in.RemoveAt(known);
            changes.Add(new SegmentChange(segment.Id, segment.Version, verdict.Holds, nowMs));
        }

        if (Plan != plan.Number) LeaveDeleted(plan, nowMs, changes);
        (Plan, UntilMs) = (plan.Number, until);
    }

    public void Write(PackWriter output)
    {
        output.Number(Plan);
        output.Number(UntilMs == TimeEdge.Never ? 0 : UntilMs);
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
        var state = new SegmentState { Plan = input.Number() };
        var until = input.Number();
        state.UntilMs = until == 0 ? TimeEdge.Never : until;
        var count = input.Count();
        while (state._in.Count < count) state._in.Add((input.RequiredText(), input.Number()));
        state.Series = SeriesTable.Read(ref input);
        return state;
    }

    private void LeaveDeleted(SegmentPlan plan, long nowMs, List<SegmentChange> changes)
    {
        for (var at = _in.Count - 1; at >= 0; at--)
        {
            if (plan.Segments.Any(s => s.Id == _in[at].Id)) continue;
            changes.Add(new SegmentChange(_in[at].Id, 0, false, nowMs));
            _in.RemoveAt(at);
        }
    }
}
