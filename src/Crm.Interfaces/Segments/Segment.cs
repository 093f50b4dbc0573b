using Crm.Records;

namespace Crm.Segments;

/// <summary>A segment: who belongs to it is what its definition says, at every moment.</summary>
/// <param name="Id">Never changes.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Definition">Who belongs to it, in the filter language (docs/filters.md).</param>
/// <param name="Version">Counts its definitions, from 1.</param>
[GenerateSerializer, Immutable, Alias("crm.segment")]
public sealed record Segment([property: Id(0)] string Id, [property: Id(1)] string Name, [property: Id(2)] string Definition, [property: Id(3)] int Version)
{
    /// <summary>Most segments that live at once.</summary>
    public const int Most = 500;

    /// <summary>Longest name in characters.</summary>
    public const int MaxNameLength = 100;

    /// <summary>What it is for.</summary>
    [Id(4)] public string Description { get; init; } = "";

    /// <summary>
    /// The name under which shops' pages may ask, as for a feature flag, whether somebody is in it; null where they may not. Whoever has
    /// a write key may ask it of anybody whose id is known.
    /// </summary>
    [Id(10)] public string? Flag { get; init; }

    /// <summary>Longest name of a flag in characters.</summary>
    public const int MaxFlagLength = 64;

    /// <summary>Whether a text can name a flag.</summary>
    public static bool IsFlag(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is > 0 and <= MaxFlagLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
    }

    /// <summary>Counts its edits, from 1.</summary>
    [Id(5)] public long RecordVersion { get; init; } = 1;

    [Id(6)] public DateTimeOffset CreatedAt { get; init; }

    [Id(7)] public string CreatedBy { get; init; } = "";

    [Id(8)] public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Since when it is deleted; null while it lives.</summary>
    [Id(9)] public DateTimeOffset? DeletedAt { get; init; }
}

/// <summary>All definitions that live.</summary>
/// <param name="Number">Of the plan that they make.</param>
/// <param name="Segments">In the order in which they were made.</param>
/// <param name="Born">By what customers remember, since which plan they do.</param>
public sealed record LiveSegmentSet(long Number, IReadOnlyList<Segment> Segments, IReadOnlyDictionary<ulong, long> Born)
{
    /// <summary>Since which plan what people write is read as it is now: who read it before that has to read it again.</summary>
    public long WrittenSince { get; init; }

    /// <summary>The scores and clusters of those who bought; null while there are none.</summary>
    public RfmModel? Rfm { get; init; }
}

/// <summary>What people write of a customer, and of what belongs to it, as far as definitions look at it.</summary>
[Flags]
public enum WrittenParts : byte
{
    None = 0,

    /// <summary>The customer's own record.</summary>
    Card = 1,

    /// <summary>Its deals.</summary>
    Deals = 2,

    /// <summary>The company it belongs to.</summary>
    Company = 4,
}

/// <summary>What people wrote, each as JSON; null for nothing, and for what was not asked for.</summary>
/// <param name="Card">The customer's record.</param>
/// <param name="Deals">Numbers of its deals.</param>
/// <param name="Company">The company's record.</param>
public readonly record struct Written(string? Card, string? Deals, string? Company);

/// <summary>Somebody entered a segment, or left it.</summary>
/// <param name="Segment">Its id.</param>
/// <param name="Version">Of the definition by which.</param>
/// <param name="Entered">Entered, or left.</param>
/// <param name="AtMs">When, in Unix milliseconds.</param>
public readonly record struct SegmentChange(string Segment, int Version, bool Entered, long AtMs);

/// <summary>A segment that somebody is in.</summary>
/// <param name="Segment">Its id.</param>
/// <param name="SinceMs">Since when, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("crm.segment-membership")]
public readonly record struct SegmentMembership([property: Id(0)] string Segment, [property: Id(1)] long SinceMs);

/// <summary>Whether a draft would hold.</summary>
/// <param name="Holds">Null when it cannot be known now.</param>
/// <param name="Wrong">Why it cannot be asked of anybody.</param>
[GenerateSerializer, Immutable, Alias("crm.trial-answer")]
public readonly record struct TrialAnswer([property: Id(0)] bool? Holds, [property: Id(1)] string? Wrong);

/// <summary>Why somebody is in a segment, or is not.</summary>
/// <param name="IsIn">Whether the customer is in it.</param>
/// <param name="SinceMs">Since when; 0 for one who is not.</param>
/// <param name="Parts">What the definition asks, one by one.</param>
/// <param name="IsWhole">False while the customer's events cannot be read: then there are none in the parts.</param>
[GenerateSerializer, Immutable, Alias("crm.segment-reason")]
public sealed record SegmentReason([property: Id(0)] bool IsIn, [property: Id(1)] long SinceMs, [property: Id(2)] IReadOnlyList<ReasonPart> Parts, [property: Id(3)] bool IsWhole);

/// <summary>One condition of a definition.</summary>
/// <param name="Condition">As text.</param>
/// <param name="Holds">Whether it holds now.</param>
/// <param name="UntilMs">When that may change by time alone; null for never.</param>
/// <param name="Events">The newest of the events that it looks at, the newest first.</param>
[GenerateSerializer, Immutable, Alias("crm.reason-part")]
public sealed record ReasonPart([property: Id(0)] string Condition, [property: Id(1)] bool Holds, [property: Id(2)] long? UntilMs, [property: Id(3)] IReadOnlyList<ReasonEvent> Events);

/// <summary>An event that a condition looks at.</summary>
/// <param name="AtMs">When it counts from.</param>
/// <param name="Type">The call, such as <c>track</c>.</param>
/// <param name="Name">Its name; null for none.</param>
/// <param name="MessageId">Its id.</param>
[GenerateSerializer, Immutable, Alias("crm.reason-event")]
public sealed record ReasonEvent([property: Id(0)] long AtMs, [property: Id(1)] string Type, [property: Id(2)] string? Name, [property: Id(3)] string MessageId);

/// <summary>What came of a change of a segment.</summary>
public enum SegmentOutcome : byte
{
    /// <summary>It is stored, and lives.</summary>
    Done,

    /// <summary>There is no such segment.</summary>
    Missing,

    /// <summary>Somebody changed it meanwhile.</summary>
    Stale,

    /// <summary>Another one has that name.</summary>
    Taken,

    /// <summary>Other segments name it.</summary>
    InUse,

    /// <summary>There are as many as there may be.</summary>
    Bound,

    /// <summary>The definition cannot be used.</summary>
    Wrong,
}

/// <summary>An answer about a segment.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Segment">As it is now; null when there is none.</param>
/// <param name="Why">Of a definition that cannot be used: why; of a segment in use: by which.</param>
/// <param name="At">Where in the text, in characters from 0.</param>
[GenerateSerializer, Immutable, Alias("crm.segment-answer")]
public sealed record SegmentAnswer([property: Id(0)] SegmentOutcome Outcome, [property: Id(1)] Segment? Segment, [property: Id(2)] string? Why = null, [property: Id(3)] int At = 0);

/// <summary>What a change makes of all segments: which series customers remember then, or why it cannot be.</summary>
/// <param name="Keys">Of what customers remember.</param>
/// <param name="Reads">What they look at of what people wrote.</param>
/// <param name="Problem">Why the change cannot be; null when it can.</param>
public sealed record SegmentPlanCheck(IReadOnlyCollection<ulong> Keys, WrittenParts Reads, SegmentAnswer? Problem);

/// <summary>A customer of whom people wrote something that segments look at.</summary>
/// <param name="Customer">The id.</param>
/// <param name="Turn">Grows with each time.</param>
public readonly record struct CardDue(string Customer, long Turn);

/// <summary>How far all customers were looked at by a plan.</summary>
/// <param name="Plan">Its number.</param>
/// <param name="After">The last id that was looked at.</param>
/// <param name="Looked">How many were.</param>
/// <param name="Ended">All were.</param>
/// <param name="Paused">It waits until somebody lets it go on.</param>
public sealed record SegmentFill(long Plan, string After, long Looked, bool Ended, bool Paused);

/// <summary>Definitions of segments in the database.</summary>
public interface ISegmentStore
{
    /// <summary>How far it is.</summary>
    Task<SegmentFill> Fill(CancellationToken stop = default);

    /// <summary>Notes how far it is, unless it is paused meanwhile, or somebody is further. False then.</summary>
    Task<bool> Advance(SegmentFill from, SegmentFill to, CancellationToken stop = default);

    /// <summary>Has it wait, or go on.</summary>
    Task Pause(bool paused, CancellationToken stop = default);

    /// <summary>How many customers there are; of many, about.</summary>
    Task<long> CustomerCount(CancellationToken stop = default);

    /// <summary>Some customers that stand by themselves, as good as drawn by lot; all where there are no more than that.</summary>
    Task<IReadOnlyList<string>> Sample(int max, CancellationToken stop = default);

    /// <summary>The next customers that stand by themselves, in the order of their ids.</summary>
    Task<IReadOnlyList<string>> Customers(string after, int max, CancellationToken stop = default);

    /// <summary>Stores a segment, new, edited or deleted, and a plan with it; the audit says who did it.</summary>
    /// <param name="segment">As it is to be. Its <see cref="Segment.RecordVersion"/> is the one that was read, 0 for a new one.</param>
    /// <param name="check">Looks at all that will live then.</param>
    /// <param name="cause">Who does it.</param>
    /// <param name="stop">Ends it.</param>
    Task<SegmentAnswer> Save(Segment segment, Func<LiveSegmentSet, SegmentPlanCheck> check, ChangeCause cause, CancellationToken stop = default);

    /// <summary>The number of the plan: it grows with every change.</summary>
    Task<long> Number(CancellationToken stop = default);

    /// <summary>All that lives.</summary>
    Task<LiveSegmentSet> Live(CancellationToken stop = default);

    /// <summary>What people wrote of a customer.</summary>
    Task<Written> Written(string id, WrittenParts parts, CancellationToken stop = default);

    /// <summary>Some of those of whom people wrote something since they were looked at.</summary>
    Task<IReadOnlyList<CardDue>> CardsDue(int max, CancellationToken stop = default);

    /// <summary>They were looked at; of whom more was written meanwhile stays due.</summary>
    Task CardsDone(IReadOnlyCollection<CardDue> done, CancellationToken stop = default);

    /// <summary>How clusters are to be found, and what was found last.</summary>
    Task<RfmState> Rfm(CancellationToken stop = default);

    /// <summary>Who bought; at most so many, drawn by lot.</summary>
    Task<BuyerSample> Buyers(int max, CancellationToken stop = default);

    /// <summary>Stores what was found, unless somebody did so meanwhile. False then.</summary>
    /// <param name="from">What it was found from.</param>
    /// <param name="to">What it is now.</param>
    /// <param name="asNewPlan">With a new plan, by which everybody is looked at.</param>
    /// <param name="stop">Ends it.</param>
    Task<bool> SaveRfm(RfmState from, RfmState to, bool asNewPlan, CancellationToken stop = default);

    /// <summary>Whether the segments that an installation begins with were made.</summary>
    Task<bool> HasBegun(CancellationToken stop = default);

    /// <summary>They were made.</summary>
    Task SetBegun(CancellationToken stop = default);
}
