using Crm.Clickstream;
using Crm.Privacy;
using Crm.Segments;
using Orleans.Concurrency;

namespace Crm.Customers;

/// <summary>One customer. Key: the customer id. Events reach it only from the log, through its partitions.</summary>
[Alias("crm.customer")]
public interface ICustomerGrain : IGrainWithStringKey
{
    /// <summary>
    /// Folds the events of a lane that lie above what it has. <paramref name="after"/> is the last number that was sent on the
    /// lane since the checkpoint (0: none): a customer that has not reached it answers <see cref="LaneAnswer.Behind"/>.
    /// </summary>
    [Alias("apply")]
    Task<LaneAnswer> Apply(string lane, [Immutable] LaneEvent[] events, long after);

    /// <summary>Answers <see cref="LaneAnswerKind.Ok"/> only when a stored row has reached <paramref name="lastSent"/> on the lane.</summary>
    [AlwaysInterleave, Alias("persist")]
    Task<LaneAnswer> Persist(string lane, long lastSent);

    /// <summary>
    /// Durably ends this customer's own life in favour of <paramref name="into"/>, as the merge ledger decided. True when its row
    /// is frozen so; false when the ledger says otherwise.
    /// </summary>
    [Alias("freeze")]
    Task<bool> Freeze(string into);

    /// <summary>The live profile. Waits, within bounds, for merges that were already decided by an applied event.</summary>
    [AlwaysInterleave, Alias("view")]
    Task<CustomerAnswer> View();

    /// <summary>Open deals name this customer: from now on it is due, for <see cref="Deals.IDealHeat"/>, with each write of its row.</summary>
    [AlwaysInterleave, Alias("watch")]
    Task Watch();

    /// <summary>Looks anew at who belongs to which segment. True when that is stored; false when it cannot be known yet.</summary>
    /// <param name="plan">The plan by which, or a newer one: this customer's silo may not know it yet.</param>
    [Alias("look-at-segments")]
    Task<bool> LookAtSegments(long plan);

    /// <summary>Whether a definition that is not stored would hold for this customer.</summary>
    /// <param name="definition">In the filter language.</param>
    [Alias("would-belong")]
    Task<TrialAnswer> WouldBelong(string definition);

    /// <summary>Why this customer is in a segment, or is not; null when there is no such segment, or no such customer.</summary>
    [Alias("why")]
    Task<SegmentReason?> Why(string segment);

    /// <summary>The same, after people wrote something of the customer.</summary>
    /// <param name="plan">As for <see cref="LookAtSegments"/>.</param>
    [Alias("look-at-card")]
    Task<bool> LookAtCard(long plan);

    /// <summary>Somebody looks at this customer, for the next minute: it tells when it changes.</summary>
    [AlwaysInterleave, Alias("follow")]
    Task Follow(ICustomerFollower follower);

    /// <summary>Writes what lists show of it, if that waits. False when it could not be written: ask again.</summary>
    [AlwaysInterleave, Alias("list")]
    Task<bool> List();

    /// <summary>Carries out what is due: pending merges, and later timers. A woken customer counts as touched.</summary>
    [AlwaysInterleave, Alias("wake")]
    Task Wake();

    /// <summary>
    /// Takes <paramref name="source"/>, and all who came with it, out of this customer again: both are folded anew from their own
    /// events. Both are written at once or not at all, so that whoever does not hear the answer can ask again.
    /// </summary>
    [AlwaysInterleave, Alias("unmerge")]
    Task<UnmergeResult> Unmerge(string source);

    /// <summary>Its row was rewritten by another customer at <paramref name="rowVersion"/>: an activation that read an older one ends.</summary>
    [AlwaysInterleave, Alias("refresh")]
    Task Refresh(long rowVersion);

    /// <summary>
    /// The ledger gives <paramref name="source"/> to this customer, who may have forgotten that it asked: of two owners one may have
    /// been refused, and stored that, before the other one asked again and died.
    /// </summary>
    [AlwaysInterleave, Alias("given")]
    Task Given(string source);

    /// <summary>Forgets that a merge of <paramref name="source"/> was refused: the next event that names both asks again.</summary>
    [AlwaysInterleave, Alias("forgive")]
    Task Forgive(string source);

    /// <summary>Asks for a merge of <paramref name="source"/> into this customer; the wish is stored when this returns true.</summary>
    [AlwaysInterleave, Alias("claim")]
    Task<bool> Claim(string source, string reason);
    /// Ends this customer and all that is stored of it, in one transaction, for an erasure that was asked for. It must have
    /// answered <see cref="View"/> before, so that it knows its events and merges. The activation ends.
    /// </summary>
    [Alias("erase")]
    Task<EraseAnswer> Erase(Guid erasure);

    /// <summary>Ends the activation if what it holds may be older than an erasure of its id.</summary>
    [Alias("forget")]
    Task Forget(DateTimeOffset erasedAt);
}

/// <summary>What a customer says to its partition.</summary>
public enum LaneAnswerKind : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>It has the lane only up to <see cref="LaneAnswer.Seq"/>: send it the rest from the log first.</summary>
    Behind,

    /// <summary>It was merged into <see cref="LaneAnswer.To"/>: ask there.</summary>
    Moved,

    /// <summary>It does not hold this lane: ask the lane's own customer.</summary>
    NotMine,

    /// <summary>It could not store its state and is ending; ask again, a fresh one will answer.</summary>
    Ending,
}

/// <summary>Answer of <see cref="ICustomerGrain.Apply"/> and <see cref="ICustomerGrain.Persist"/>.</summary>
/// <param name="Seq">Of <see cref="LaneAnswerKind.Behind"/>.</param>
/// <param name="To">Of <see cref="LaneAnswerKind.Moved"/>.</param>
/// <param name="Merging">
/// Of <see cref="LaneAnswerKind.Ok"/>: the customers that its events ask to merge into it, and that may still answer for themselves;
/// null for none.
/// </param>
[GenerateSerializer, Immutable, Alias("crm.lane-answer")]
public readonly record struct LaneAnswer(
    [property: Id(0)] LaneAnswerKind Kind, [property: Id(1)] long Seq = 0, [property: Id(2)] string? To = null,
    [property: Id(3)] IReadOnlyList<string>? Merging = null)
{
    /// <summary>Done.</summary>
    public static LaneAnswer Ok => new(LaneAnswerKind.Ok);

    /// <summary>It has the lane only up to a number.</summary>
    public static LaneAnswer Behind(long seq) => new(LaneAnswerKind.Behind, seq);

    /// <summary>It was merged into another.</summary>
    public static LaneAnswer Moved(string to) => new(LaneAnswerKind.Moved, 0, to);

    /// <summary>The lane is not its own.</summary>
    public static LaneAnswer NotMine => new(LaneAnswerKind.NotMine);

    /// <summary>Its storage failed; a fresh activation will answer.</summary>
    public static LaneAnswer Ending => new(LaneAnswerKind.Ending);
}

/// <summary>Answer to a read: the profile, where it moved to, or that it cannot be answered truthfully yet.</summary>
/// <param name="View">The profile; null for a customer that never was, has moved, or is not current.</param>
/// <param name="MovedTo">The customer it was merged into.</param>
/// <param name="NotCurrent">True while an older state than one already given could be answered: try again (503).</param>
[GenerateSerializer, Immutable, Alias("crm.customer-answer")]
public sealed record CustomerAnswer(
    [property: Id(0)] CustomerView? View, [property: Id(1)] string? MovedTo, [property: Id(2)] bool NotCurrent);
