using Crm.Clickstream;
using Crm.Customers;
using Crm.Segments;

namespace Crm.Delivery;

/// <summary>
/// The storage under a world, and what is stored in it, for the judge. What the judge asks is answered in place, so that it can
/// be asked from within a turn.
/// </summary>
internal interface IStorage
{
    ICustomerStore Customers { get; }

    IPartitionStore Partitions { get; }

    IMergeLedger Ledger { get; }

    IUnmerging Unmerging { get; }

    ISegmentStore Segments { get; }

    IEventLog Log { get; }

    ILogInfo Info { get; }

    /// <summary>True when several operations may run at once; then who of two that meet is first is not the seed's to say.</summary>
    bool TakesTogether { get; }

    /// <summary>Makes events durable.</summary>
    void Append(IReadOnlyList<BehaviourEvent> events);

    /// <summary>Breaks what runs now, and every connection that is kept for later.</summary>
    void BreakConnections();

    /// <summary>The blocks that hold any number above the given one.</summary>
    IReadOnlyList<LogBlock> Blocks(int partition, long after);

    /// <summary>How far a partition's customers, and its history, are stored.</summary>
    (long Checkpoint, long History) Progress(int partition);

    IReadOnlyList<CustomerRow> Rows();

    IReadOnlyList<MergeEntry> Merges();

    IReadOnlyList<StoredReject> Rejects();

    IReadOnlyList<MessagePage> Pages();

    /// <summary>Rows of the history, as often as they are there.</summary>
    IReadOnlyList<PartitionSeq> History();

    /// <summary>Customers that want to be woken by now, and events in the side queue.</summary>
    (int Due, int Parked) Waiting(DateTimeOffset now);

    /// <summary>Stores rejects: part of every write, and alone only where a mutation tears it off.</summary>
    void StoreRejects(IReadOnlyList<Reject> rejects);

    /// <summary>Stores pages of messages: part of every write, and alone only where a mutation tears it off.</summary>
    void StorePages(IReadOnlyList<MessagePage> pages);

    /// <summary>Notes a merge without a decision, which only a mutation does; an earlier one stands.</summary>
    MergeEntry Grant(string source, string into, string reason, string? askedBy = null);

    /// <summary>Pairs that were taken apart.</summary>
    IReadOnlyList<MergeBar> AllBars();

    /// <summary>Who entered and left segments, in the order in which it was told.</summary>
    IReadOnlyList<StoredMove> Moves();

    /// <summary>Who is in segments.</summary>
    IReadOnlySet<(string Customer, string Segment)> Members();

    /// <summary>How many are in each segment; one that is not named has none.</summary>
    IReadOnlyDictionary<string, long> MemberCounts();

    /// <summary>People write something of a customer that is listed.</summary>
    void WriteCard(string customer, string card);
}

internal sealed record StoredMove(string Customer, string Segment, bool Entered);

internal sealed record StoredReject(int Partition, long Seq, RejectReason Reason, bool IsDeadLetter);
