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

    /// <summary>Any block of a partition, for a hint; null when there is none.</summary>
    LogBlock? RandomBlock(int partition, Random random);

    IReadOnlyList<LogBlock> Blocks(int partition);

    IReadOnlyList<CustomerRow> Rows();

    IReadOnlyList<MergeEntry> Merges();

    IReadOnlyList<StoredReject> Rejects();

    /// <summary>Rows of the history, as often as they are there.</summary>
    IReadOnlyList<PartitionSeq> History();

    /// <summary>Customers that want to be woken, and events in the side queue.</summary>
    (int Due, int Parked) Waiting();
}

internal sealed record StoredReject(int Partition, long Seq, RejectReason Reason, bool IsDeadLetter);
