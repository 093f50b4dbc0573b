using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>At least so many events, or different values, since an edge: as long as the last of so many has not left.</summary>
/// <param name="key">Of the series that holds their times.</param>
/// <param name="from">Earlier ones do not count; null for none.</param>
/// <param name="number">How many, at least one.</param>
internal sealed class Reaches(ulong key, TimeEdge? from, int number) : Condition
{
    public override Verdict Of(in Glance customer)
    {
        if (TimeOf(customer.Series[key]) is not { } at) return false;
        if (from is null) return true;
        return at < from.At(customer.NowMs) ? false : new Verdict(true, from.Passes(at));
    }

    private long? TimeOf(Series? series) => series switch
    {
        TimeSeries times when times.All.Length >= number => times.All[^number],
        ValueSeries values when values.All.Count >= number => values.All[^number].AtMs,
        _ => null,
    };
}

/// <summary>The number of all events, or their sum, compared with a number.</summary>
internal sealed class Totals(ulong key, Comparison how, decimal value) : Condition
{
    public override Verdict Of(in Glance customer)
    {
        var total = customer.Series[key] switch
        {
            CountSeries count => count.Count,
            SumSeries sum => sum.Sum,
            _ => 0m,
        };
        return Comparing.Holds(total.CompareTo(value), how);
    }
}

/// <summary>A sum since an edge, compared with a number.</summary>
internal sealed class SumsSince(ulong key, TimeEdge from, Comparison how, decimal value) : Condition
{
    public override Verdict Of(in Glance customer)
    {
        if (customer.Series[key] is not AmountSeries amounts) return Comparing.Holds(0m.CompareTo(value), how);
        var (sum, edge, oldest) = (0m, from.At(customer.NowMs), TimeEdge.Never);
        for (var at = amounts.All.Count - 1; at >= 0 && amounts.All[at].AtMs >= edge; at--)
        {
            sum = Comparing.Added(sum, amounts.All[at].Amount);
            oldest = amounts.All[at].AtMs;
        }

        return new Verdict(Comparing.Holds(sum.CompareTo(value), how), oldest == TimeEdge.Never ? oldest : from.Passes(oldest));
    }
}

/// <summary>The number of events in a stretch of the calendar, or their sum, compared with a number.</summary>
internal sealed class InStretch(ulong key, CalendarBuckets buckets, WrittenTime.Stretch stretch, TimeZoneInfo zone, bool sums, Comparison how, decimal value) : Condition
{
    public override Verdict Of(in Glance customer)
    {
        if (customer.Series[key] is not BucketSeries series) return Comparing.Holds(0m.CompareTo(value), how);
        var days = stretch.Days(TimeEdge.Moment(customer.NowMs), zone);
        var (first, last) = (buckets.Of(days.First), buckets.Of(days.Last));
        var (total, moves) = (0m, false);
        for (var at = series.All.Count - 1; at >= 0 && series.All[at].Bucket >= first; at--)
        {
            moves = true;
            if (series.All[at].Bucket > last) continue;
            total = Comparing.Added(total, sums ? series.All[at].Sum : series.All[at].Count);
        }

        // Without events from its beginning on, the next stretch has none either until one comes.
        return new Verdict(Comparing.Holds(total.CompareTo(value), how), moves ? Next(customer.NowMs) : TimeEdge.Never);
    }

    private long Next(long nowMs)
    {
        var current = (stretch with { Step = 0 }).Days(TimeEdge.Moment(nowMs), zone);
        return WrittenTime.Begin(current.Last.AddDays(1), zone).ToUnixTimeMilliseconds();
    }
}

/// <summary>The time of the first or the last event, compared with a time.</summary>
/// <param name="key">Of the series that has it.</param>
/// <param name="from">An earlier one does not count; null for none.</param>
/// <param name="test">What it is compared with.</param>
internal sealed class TimeOf(ulong key, TimeEdge? from, TimeTest test) : Condition
{
    public override Verdict Of(in Glance customer)
    {
        long? time = customer.Series[key] switch
        {
            FirstSeries first => first.AtMs,
            TimeSeries { All: { Length: > 0 } all } => all[^1],
            _ => null,
        };
        if (time is not { } at || (from is not null && at < from.At(customer.NowMs))) return false;
        var verdict = test.Of(at, customer.NowMs);
        return from is null ? verdict : verdict with { UntilMs = Math.Min(verdict.UntilMs, from.Passes(at)) };
    }
}

/// <summary>An event was followed by another one in time, or the time went by without one.</summary>
internal sealed class Follows(ulong first, ulong then, bool not, WrittenTime.Distance within, TimeEdge? from) : Condition
{
    public override Verdict Of(in Glance customer)
    {
        if (customer.Series[first] is not TimeSeries firsts) return false;
        var thens = customer.Series[then] as TimeSeries;
        var edge = from?.At(customer.NowMs) ?? long.MinValue;

        // Where the later events are not all known, the earlier ones cannot be judged.
        if (thens is { ForgottenMs: not long.MinValue and var forgotten }) edge = Math.Max(edge, forgotten + 1);
        var ripe = TimeEdge.Never;
        for (var at = firsts.All.Length - 1; at >= 0 && firsts.All[at] >= edge; at--)
        {
            var began = firsts.All[at];
            var end = within.From(TimeEdge.Moment(began))?.ToUnixTimeMilliseconds() ?? TimeEdge.Never;
            if (Comes(thens, began, end) == not) continue;
            if (not && customer.NowMs < end) ripe = Math.Min(ripe, end);
            else return new Verdict(true, from?.Passes(began) ?? TimeEdge.Never);
        }

        return new Verdict(false, ripe);
    }

    private static bool Comes(TimeSeries? thens, long began, long end)
    {
        if (thens is null) return false;
        foreach (var at in thens.All)
            if (at >= began && at < end) return true;
        return false;
    }
}

/// <summary>Into which days or months a stretch of the calendar falls.</summary>
/// <param name="Months">Months instead of days.</param>
internal readonly record struct CalendarBuckets(bool Months)
{
    private const int MonthsOfYear = 12;

    /// <summary>Those that a stretch is made of: whole months where it is made of months.</summary>
    public static CalendarBuckets For(WrittenTime.Stretch stretch) => new(stretch.Unit is TimeUnit.Month or TimeUnit.Quarter or TimeUnit.Year);

    public int Of(DateOnly day) => Months ? (day.Year * MonthsOfYear) + day.Month - 1 : day.DayNumber;
}
