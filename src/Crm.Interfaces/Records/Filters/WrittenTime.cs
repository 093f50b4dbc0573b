using System.Globalization;

namespace Crm.Records.Filters;

/// <summary>A stretch of the calendar, or the unit of a distance.</summary>
public enum TimeUnit
{
    /// <summary>60 seconds.</summary>
    Minute,

    /// <summary>60 minutes.</summary>
    Hour,

    /// <summary>As a distance 24 hours, as a stretch a day of the company's time zone.</summary>
    Day,

    /// <summary>As a distance seven times 24 hours, as a stretch from Monday to Sunday (ISO 8601).</summary>
    Week,

    /// <summary>A month of the calendar.</summary>
    Month,

    /// <summary>A quarter of the calendar; no distance is told in it.</summary>
    Quarter,

    /// <summary>A year of the calendar.</summary>
    Year,
}

/// <summary>A time as a filter's text has it. What of it moves with the clock becomes a moment, or days, each time anew.</summary>
public abstract record WrittenTime
{
    private const int DaysOfWeek = 7;
    private const int MonthsOfQuarter = 3;
    private const int MonthsOfYear = 12;

    private WrittenTime()
    {
    }

    /// <summary>The moments that it means; null where the calendar does not reach.</summary>
    /// <param name="now">What it counts from.</param>
    /// <param name="zone">The company's time zone, in which days begin.</param>
    public abstract FilterValue.Times? Times(DateTimeOffset now, TimeZoneInfo zone);

    /// <summary>The days that it means; null where it means none, or the calendar does not reach.</summary>
    /// <inheritdoc cref="Times"/>
    public abstract FilterValue.Days? Days(DateTimeOffset now, TimeZoneInfo zone);

    /// <summary>As it is written.</summary>
    public sealed override string ToString() => Text();

    /// <summary>When a day begins: where the clocks skip midnight, at the first moment that there is.</summary>
    public static DateTimeOffset Begin(DateOnly day, TimeZoneInfo zone) => InZone(day.ToDateTime(TimeOnly.MinValue), zone);

    internal static DateTimeOffset InZone(DateTime local, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        var ticks = local.Ticks - offset.Ticks;
        return new DateTimeOffset(Math.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), TimeSpan.Zero);
    }

    /// <summary>The day of a moment.</summary>
    public static DateOnly DayOf(DateTimeOffset moment, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, zone).DateTime);

    private protected abstract string Text();

    private static FilterValue.Times? Whole(FilterValue.Days? days, TimeZoneInfo zone) => days is null || days.Last == DateOnly.MaxValue
        ? null
        : new FilterValue.Times(Begin(days.First, zone), Begin(days.Last.AddDays(1), zone));

    /// <summary>A moment that stands still.</summary>
    public sealed record Moment(DateTimeOffset At) : WrittenTime
    {
        /// <inheritdoc/>
        public override FilterValue.Times Times(DateTimeOffset now, TimeZoneInfo zone) => new(At, At) { Written = this };

        /// <inheritdoc/>
        public override FilterValue.Days? Days(DateTimeOffset now, TimeZoneInfo zone) => null;

        private protected override string Text() => At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>A day that stands still.</summary>
    public sealed record Day(DateOnly On) : WrittenTime
    {
        /// <inheritdoc/>
        public override FilterValue.Times? Times(DateTimeOffset now, TimeZoneInfo zone) => Whole(Days(now, zone), zone) is { } whole ? whole with { Written = this } : null;

        /// <inheritdoc/>
        public override FilterValue.Days Days(DateTimeOffset now, TimeZoneInfo zone) => new(On, On) { Written = this };

        private protected override string Text() => On.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    /// <summary>So far from now: before it where the count is negative. Minutes to weeks are exact, months and years the calendar's.</summary>
    public sealed record Distance(int Count, TimeUnit Unit) : WrittenTime
    {
        /// <summary>The moment; null where the calendar does not reach.</summary>
        public DateTimeOffset? From(DateTimeOffset now)
        {
            try
            {
                return Unit switch
                {
                    TimeUnit.Minute => now.AddMinutes(Count),
                    TimeUnit.Hour => now.AddHours(Count),
                    TimeUnit.Day => now.AddDays(Count),
                    TimeUnit.Week => now.AddDays((double)DaysOfWeek * Count),
                    TimeUnit.Month => Months(now, Count),
                    _ => Months(now, Count * MonthsOfYear),
                };
            }
            catch (ArgumentOutOfRangeException)
            {
                return null;
            }
        }

        // On days that the other month does not have it is the end of that month: as time goes on it never goes back.
        private static DateTimeOffset Months(DateTimeOffset now, int months)
        {
            var moved = now.AddMonths(months);
            return moved.Day == now.Day ? moved : new DateTimeOffset(moved.Date.AddDays(1).AddTicks(-1), moved.Offset);
        }

        /// <inheritdoc/>
        public override FilterValue.Times? Times(DateTimeOffset now, TimeZoneInfo zone) =>
            From(now) is { } at ? new FilterValue.Times(at, at) { Written = this } : null;

        /// <inheritdoc/>
        public override FilterValue.Days? Days(DateTimeOffset now, TimeZoneInfo zone) =>
            From(now) is { } at ? new FilterValue.Days(DayOf(at, zone), DayOf(at, zone)) { Written = this } : null;

        /// <summary>Its length as it is written, without a sign.</summary>
        internal string Length() => string.Create(CultureInfo.InvariantCulture, $"{Math.Abs((long)Count)}{Sign(Unit)}");

        private protected override string Text() => Count == 0 ? "now" : (Count < 0 ? "-" : "+") + Length();

        private static string Sign(TimeUnit unit) => unit switch
        {
            TimeUnit.Minute => "m",
            TimeUnit.Hour => "h",
            TimeUnit.Day => "d",
            TimeUnit.Week => "w",
            TimeUnit.Month => "mo",
            _ => "y",
        };
    }

    /// <summary>A day, week, month, quarter or year of the calendar: the one that is now, or so many steps after it.</summary>
    public sealed record Stretch(int Step, TimeUnit Unit) : WrittenTime
    {
        /// <inheritdoc/>
        public override FilterValue.Times? Times(DateTimeOffset now, TimeZoneInfo zone) => Whole(Days(now, zone), zone) is { } whole ? whole with { Written = this } : null;

        /// <inheritdoc/>
        public override FilterValue.Days Days(DateTimeOffset now, TimeZoneInfo zone)
        {
            var today = DayOf(now, zone);
            var days = Unit switch
            {
                TimeUnit.Day => new FilterValue.Days(today.AddDays(Step), today.AddDays(Step)),
                TimeUnit.Week => Week(today),
                TimeUnit.Month => Months(new DateOnly(today.Year, today.Month, 1), 1),
                TimeUnit.Quarter => Months(new DateOnly(today.Year, ((today.Month - 1) / MonthsOfQuarter * MonthsOfQuarter) + 1, 1), MonthsOfQuarter),
                _ => Months(new DateOnly(today.Year, 1, 1), MonthsOfYear),
            };
            return days with { Written = this };
        }

        private protected override string Text() => Unit == TimeUnit.Day
            ? Step switch { < 0 => "yesterday", 0 => "today", _ => "tomorrow" }
            : Step switch { < 0 => "last_", 0 => "this_", _ => "next_" } + Unit.ToString().ToLowerInvariant();

        private FilterValue.Days Week(DateOnly today)
        {
            var monday = today.AddDays((DaysOfWeek * Step) - (((int)today.DayOfWeek + DaysOfWeek - 1) % DaysOfWeek));
            return new FilterValue.Days(monday, monday.AddDays(DaysOfWeek - 1));
        }

        private FilterValue.Days Months(DateOnly first, int months)
        {
            var begin = first.AddMonths(months * Step);
            return new FilterValue.Days(begin, begin.AddMonths(months).AddDays(-1));
        }
    }
}
