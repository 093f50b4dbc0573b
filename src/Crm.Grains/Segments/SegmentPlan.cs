using System.Collections.Frozen;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>A live segment of a plan.</summary>
/// <param name="Id">Never changes.</param>
/// <param name="Version">Of its definition.</param>
/// <param name="Condition">Who belongs to it.</param>
/// <param name="Filter">The same as it is written.</param>
/// <param name="Born">Since which plan all is remembered that it, and those that it names, look at.</param>
/// <param name="Reads">What it, or one that it names, looks at of what people wrote.</param>
/// <param name="ReadsRfm">Whether it, or one that it names, looks at what was bought, beside all others who bought.</param>
internal sealed record PlannedSegment(string Id, int Version, Condition Condition, Filter Filter, long Born, WrittenParts Reads, bool ReadsRfm);

/// <summary>
/// All live segments, compiled: one for a silo, shared by its customers. Those that another one names come before it.
/// </summary>
internal sealed class SegmentPlan
{
    private readonly FrozenDictionary<ulong, SeriesSpec> _specs;
    private readonly FrozenDictionary<(EventType Type, string Name), SeriesSpec[]> _named;
    private readonly SeriesSpec[][] _byType;
    private readonly FrozenDictionary<string, int> _places;
    private readonly TimeZoneInfo _zone;

    /// <param name="number">Grows with every change of any definition.</param>
    /// <param name="segments">Those that another one names before it.</param>
    /// <param name="specs">What customers remember for them.</param>
    /// <param name="zone">The company's time zone.</param>
    public SegmentPlan(long number, IReadOnlyList<PlannedSegment> segments, IReadOnlyCollection<SeriesSpec> specs, TimeZoneInfo zone)
    {
        (Number, Segments, _zone) = (number, segments, zone);
        Born = specs.Select(s => s.Born).DefaultIfEmpty().Max();
        Reads = segments.Aggregate(WrittenParts.None, (parts, s) => parts | s.Reads);
        ReadsRfm = segments.Any(s => s.ReadsRfm);
        _places = segments.Select((segment, at) => (segment.Id, At: at)).ToFrozenDictionary(s => s.Id, s => s.At, StringComparer.Ordinal);
        _specs = specs.ToFrozenDictionary(s => s.Key);
        _named = (from spec in specs
                  from name in spec.Pick.Names
                  from type in TypesOf(spec.Pick.Call)
                  group spec by (type, name)).ToFrozenDictionary(g => g.Key, g => g.Distinct().ToArray());
        _byType = [.. Enumerable.Range(0, (int)EventType.Alias + 1).Select(type => specs.Where(s => s.Pick.Names.Count == 0 && TypesOf(s.Pick.Call).Contains((EventType)type)).ToArray())];
    }

    /// <summary>No segments.</summary>
    public static SegmentPlan None { get; } = new(0, [], [], TimeZoneInfo.Utc);

    public long Number { get; }

    /// <summary>The company's time zone.</summary>
    public TimeZoneInfo Zone => _zone;

    /// <summary>What they look at of what people wrote.</summary>
    public WrittenParts Reads { get; }

    /// <summary>Since which plan that is read as it is now.</summary>
    public long WrittenSince { get; init; }

    /// <summary>Whether one looks at what was bought, beside all others who bought.</summary>
    public bool ReadsRfm { get; }

    /// <summary>Where those who bought stand; null while too few did.</summary>
    public RfmPlaces? Places { get; init; }

    /// <summary>Since which plan all is remembered.</summary>
    public long Born { get; }

    public IReadOnlyList<PlannedSegment> Segments { get; }

    /// <summary>What customers remember.</summary>
    public IEnumerable<SeriesSpec> Specs => _specs.Values;

    /// <summary>Where a segment stands; null for none that lives.</summary>
    public int? PlaceOf(string segment) => _places.TryGetValue(segment, out var at) ? at : null;

    /// <summary>When an event counts from: no clock of a client makes it younger than its receipt.</summary>
    public static long CountsFrom(BehaviourEvent happened) => Math.Min(ProfileTime.Clamp(happened.TimestampMs), ProfileTime.Clamp(happened.ReceivedAtMs));

    /// <summary>What is remembered by a key; null for nothing that a definition looks at.</summary>
    public SeriesSpec? Spec(ulong key) => _specs.GetValueOrDefault(key);

    /// <summary>Remembers an event for the conditions that look at it. True when one did.</summary>
    /// <param name="series">What the customer remembers.</param>
    /// <param name="happened">The event.</param>
    /// <param name="only">Conditions to look for; null for all.</param>
    public bool Fold(SeriesTable series, BehaviourEvent happened, Func<SeriesSpec, bool>? only = null)
    {
        if (happened.Type > EventType.Alias) return false;
        var byType = _byType[(int)happened.Type];
        var named = happened.Name is { } name && _named.TryGetValue((happened.Type, name), out var some) ? some : [];
        if (byType.Length + named.Length == 0) return false;

        var at = CountsFrom(happened);
        var (isRead, isBroken, folded) = (false, false, false);
        var members = default(EventBody);
        for (var index = 0; index < byType.Length + named.Length; index++)
        {
            var spec = index < byType.Length ? byType[index] : named[index - byType.Length];
            if (at < spec.SinceMs || only?.Invoke(spec) == false) continue;
            if (spec.Match.ReadsBody && !isRead) (isRead, isBroken) = (true, !EventBody.TryRead(happened.Body.Span, out members));
            if (spec.Match.ReadsBody && (isBroken || !spec.Match.Holds(happened.Type, members))) continue;
            Remember(series.Of(spec), spec, happened.Type, members, at);
            folded = true;
        }

        return folded;
    }

    private void Remember(Series series, SeriesSpec spec, EventType type, in EventBody body, long atMs)
    {
        switch (spec.Shape.Kind)
        {
            case SeriesKind.Values:
                spec.Match.AddValues(type, body, series, atMs);
                break;
            case SeriesKind.Days or SeriesKind.Months:
                var day = WrittenTime.DayOf(TimeEdge.Moment(atMs), _zone);
                var bucket = new CalendarBuckets(spec.Shape.Kind == SeriesKind.Months).Of(day);
                series.Add(bucket, spec.Property is null ? 0 : spec.Match.Amount(type, body), 0);
                break;
            default:
                series.Add(atMs, spec.Property is null ? 0 : spec.Match.Amount(type, body), 0);
                break;
        }
    }

    private static EventType[] TypesOf(EventCall call) => call switch
    {
        EventCall.Track => [EventType.Track],
        EventCall.Page => [EventType.Page],
        EventCall.Screen => [EventType.Screen],
        EventCall.Identify => [EventType.Identify],
        EventCall.Group => [EventType.Group],
        _ => [EventType.Track, EventType.Page, EventType.Screen, EventType.Identify, EventType.Group, EventType.Alias],
    };
}
