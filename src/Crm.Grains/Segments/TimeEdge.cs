using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>
/// A moment that stands still or moves with the clock, never backwards: the beginning or the end of a time in a definition. Times are
/// Unix milliseconds.
/// </summary>
internal sealed class TimeEdge
{
    /// <summary>What never comes.</summary>
    public const long Never = long.MaxValue;

    private const long DayMs = 86_400_000;
    private const long MostMs = 200 * 366 * DayMs;

    private readonly Func<long, long> _at;
    private readonly long? _distance;
    private readonly bool _still;

    private TimeEdge(Func<long, long> at, bool still, long? distance) => (_at, _still, _distance) = (at, still, distance);

    /// <summary>Where it stands now.</summary>
    public long At(long nowMs) => _distance is { } distance ? nowMs + distance : _at(nowMs);

    /// <summary>The first moment from which it stands above a value; <see cref="long.MinValue"/> when it always did.</summary>
    public long Passes(long value)
    {
        if (_still) return _at(0) > value ? long.MinValue : Never;
        if (_distance is { } distance) return value - distance + 1;

        // Where it stands differs from the clock by less than some centuries, so the answer lies as near to the value.
        var (below, above) = (value - MostMs, value + MostMs);
        while (above - below > 1)
        {
            var middle = below + ((above - below) / 2);
            if (_at(middle) > value) above = middle;
            else below = middle;
        }

        return above;
    }

    /// <summary>Where a time begins.</summary>
    /// <param name="written">The time.</param>
    /// <param name="zone">In which days begin.</param>
    /// <param name="later">Milliseconds to add: one makes of "above" "from".</param>
    public static TimeEdge Begin(WrittenTime written, TimeZoneInfo zone, long later = 0) => Of(written, zone, static times => times.From, later);

    /// <summary>Where a time ends: the first moment after it; of a moment, itself.</summary>
    /// <inheritdoc cref="Begin"/>
    public static TimeEdge End(WrittenTime written, TimeZoneInfo zone, long later = 0) => Of(written, zone, static times => times.Before, later);

    /// <summary>The beginning of the day in which a time begins, or the end of the one in which it ends.</summary>
    public static TimeEdge Day(WrittenTime written, TimeZoneInfo zone, bool end) => new(
        now =>
        {
            if (written.Days(Moment(now), zone) is not { } days) return end ? Never : long.MinValue;
            var day = end ? days.Last.AddDays(1) : days.First;
            return WrittenTime.Begin(day, zone).ToUnixTimeMilliseconds();
        },
        written is WrittenTime.Day, null);


    private static TimeEdge Of(WrittenTime written, TimeZoneInfo zone, Func<FilterValue.Times, DateTimeOffset> edge, long later) => new(
        now => written.Times(Moment(now), zone) is { } times ? edge(times).ToUnixTimeMilliseconds() + later : Never,
        written is WrittenTime.Day or WrittenTime.Moment,
        written is WrittenTime.Distance { Unit: TimeUnit.Minute or TimeUnit.Hour or TimeUnit.Day or TimeUnit.Week } exact
            ? (long)(exact.From(DateTimeOffset.UnixEpoch)!.Value - DateTimeOffset.UnixEpoch).TotalMilliseconds + later
            : null);

    /// <summary>A moment of the calendar.</summary>
    internal static DateTimeOffset Moment(long ms) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
