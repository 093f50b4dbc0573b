using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>A stretch of one lane: the numbers above <paramref name="After"/> up to <paramref name="UpTo"/>.</summary>
public readonly record struct LaneSpan(string Lane, int Partition, long After, long UpTo);

/// <summary>
/// Everything that is written when a customer is taken out of the one that it was merged into. Row versions, and who leads to the
/// root in the ledger, are as the writer saw them.
/// </summary>
/// <param name="Root">The row of the customer that stays; its look-up ids are all that it has now.</param>
/// <param name="Source">The row of the one that leaves, alive again; the same.</param>
/// <param name="Known">All ids that were merged into the root, directly or through others.</param>
/// <param name="Moved">Frozen rows that leave with the source and were merged into another than it: they lead to it from now on.</param>
/// <param name="OldNames">Look-up ids that the root had before.</param>
public sealed record CustomerSplit(
    CustomerWrite Root,
    CustomerWrite Source,
    IReadOnlyList<string> Known,
    IReadOnlyList<RowVersion> Moved,
    IReadOnlyList<ExternalId> OldNames);

/// <summary>A stored row at one of its versions.</summary>
public readonly record struct RowVersion(string Id, long Version);

/// <summary>What was read again of some lanes.</summary>
public enum ReplayResult
{
    /// <summary>All that the log and the history have of them.</summary>
    Done,

    /// <summary>The history is too far behind, or some events wait in the side queue: try again later.</summary>
    NotYet,
}

/// <summary>A bar between two customers.</summary>
public sealed record MergeBar(string One, string Other, DateTimeOffset At);

/// <summary>Takes merges back, and keeps the bars that stand afterwards.</summary>
public interface IUnmerging
{
    /// <summary>
    /// Hands out every event of the spans that counted, each once: what the history has in the order of receipt, then the rest from
    /// the log. All rejects of the spans must be stored. <paramref name="take"/> runs on another thread, one call at a time.
    /// </summary>
    Task<ReplayResult> Replay(IReadOnlyList<LaneSpan> spans, Action<BehaviourEvent> take, CancellationToken stop = default);

    /// <summary>
    /// Writes a split and its bar in one transaction, under the ledger's lock. False, and nothing written, when a row or the ledger
    /// is not as the writer saw it. After an exception it is unknown whether it was written, but for <see cref="StoreUnavailableException"/>.
    /// </summary>
    Task<bool> Split(CustomerSplit split, CancellationToken stop = default);

    /// <summary>Bars of a customer and of all who were merged into it, newest first, at most <paramref name="max"/>.</summary>
    Task<IReadOnlyList<MergeBar>> Bars(string customer, int max, CancellationToken stop = default);

    /// <summary>Lifts the bars between one id and whatever now belongs to a customer. True when there was one.</summary>
    Task<bool> Lift(string customer, string source, CancellationToken stop = default);
}

/// <summary>How an unmerge ended.</summary>
public enum UnmergeResult : byte
{
    /// <summary>Both stand apart, and a bar between them.</summary>
    Done,

    /// <summary>The source is no part of this customer.</summary>
    NotMerged,

    /// <summary>This customer was itself merged into another: ask there.</summary>
    Moved,

    /// <summary>Events that counted are no longer kept: both cannot be told apart truthfully.</summary>
    HistoryGone,

    /// <summary>More events than are folded again in one go.</summary>
    TooMany,

    /// <summary>Something is under way that has to end first: try again.</summary>
    NotYet,
}
