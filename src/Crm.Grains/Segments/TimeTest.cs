using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>A time compared with another one, which may move with the clock.</summary>
internal sealed class TimeTest
{
    private readonly TimeEdge? _from;
    private readonly TimeEdge? _before;

    private TimeTest(TimeEdge? from, TimeEdge? before) => (_from, _before) = (from, before);

    /// <summary>Compares moments.</summary>
    public static TimeTest Of(Comparison how, WrittenTime with, TimeZoneInfo zone)
    {
        // Of a moment the end is itself: what is after it begins a millisecond later.
        var one = with is WrittenTime.Moment or WrittenTime.Distance ? 1 : 0;
        return how switch
        {
            Comparison.Less => new TimeTest(null, TimeEdge.Begin(with, zone)),
            Comparison.LessOrEqual => new TimeTest(null, TimeEdge.End(with, zone, one)),
            Comparison.More => new TimeTest(TimeEdge.End(with, zone, one), null),
            Comparison.MoreOrEqual => new TimeTest(TimeEdge.Begin(with, zone), null),
            _ => new TimeTest(TimeEdge.Begin(with, zone), TimeEdge.End(with, zone, one)),
        };
    }

    /// <summary>Compares days, each by the moment at which it begins.</summary>
    public static TimeTest OfDays(Comparison how, WrittenTime with, TimeZoneInfo zone)
    {
        var (first, after) = (TimeEdge.Day(with, zone, end: false), TimeEdge.Day(with, zone, end: true));
        return how switch
        {
            Comparison.Less => new TimeTest(null, first),
            Comparison.LessOrEqual => new TimeTest(null, after),
            Comparison.More => new TimeTest(after, null),
            Comparison.MoreOrEqual => new TimeTest(first, null),
            _ => new TimeTest(first, after),
        };
    }

    /// <summary>Whether it lies from the one edge up to, and without, the other. As edges never go back, each is passed once.</summary>
    public Verdict Of(long atMs, long nowMs)
    {
        if (_from is not null && atMs < _from.At(nowMs)) return false;
        if (_before is not null && atMs >= _before.At(nowMs)) return new Verdict(false, Future(_before.Passes(atMs), nowMs));
        return new Verdict(true, _from is null ? TimeEdge.Never : Future(_from.Passes(atMs), nowMs));
    }

    // What an edge that the calendar bends passed already it passes no more.
    private static long Future(long passes, long nowMs) => passes <= nowMs ? TimeEdge.Never : passes;
}
