using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>The storage under a world, and what is stored in it, for the judge.</summary>
internal interface IStorage
{
    ICustomerStore Customers { get; }

    IPartitionStore Partitions { get; }

    IMergeLedger Ledger { get; }

    IEventLog Log { get; }

    ILogInfo Info { get; }

    /// <summary>Makes events durable.</summary>
    void Append(IReadOnlyList<BehaviourEvent> events);

    /// <summary>True when several operations may run at once.</summary>
    bool TakesTogether { get; }

    /// <summary>The blocks that hold any number above the given one.</summary>
    IReadOnlyList<LogBlock> Blocks(int partition, long after);

    IReadOnlyList<CustomerRow> Rows();

    IReadOnlyList<MergeEntry> Merges();

    IReadOnlyList<StoredReject> Rejects();

    /// <summary>Rows of the history, as often as they are there.</summary>
    IReadOnlyList<PartitionSeq> History();

    /// <summary>Customers that want to be woken, and events in the side queue.</summary>
    (int Due, int Parked) Waiting();
}

internal sealed record StoredReject(int Partition, long Seq, RejectReason Reason, bool IsDeadLetter);
