namespace Crm.Clickstream;

/// <summary>What a partition owner keeps durably.</summary>
/// <param name="Checkpoint">All events up to here are in their customers' stored rows, stored as rejects, or in the side queue.</param>
/// <param name="History">All events up to here are in the history. Never above <paramref name="Checkpoint"/>.</param>
/// <param name="ParkedLanes">Lanes whose events go to the side queue, in order, until their customer answers again.</param>
/// <param name="Merging">Merges that events up to <paramref name="Checkpoint"/> ask for and that may not be carried out yet.</param>
public sealed record PartitionState(
    long Checkpoint, long History, IReadOnlyList<string> ParkedLanes, IReadOnlyList<LaneMerge> Merging);

/// <summary>A merge that an event of a lane asks for.</summary>
public readonly record struct LaneMerge(string Lane, string Source);

/// <summary>An event set aside for a customer that cannot take it now.</summary>
public readonly record struct ParkedEvent(string Lane, LaneEvent Event);

/// <summary>Storage of partitions: checkpoint, side queue, history.</summary>
public interface IPartitionStore
{
    /// <summary>The stored state of a partition; all zero at its birth.</summary>
    Task<PartitionState> Load(int partition, CancellationToken stop = default);

    /// <summary>
    /// In one transaction: side-queues <paramref name="parked"/> (only numbers above the stored checkpoint) and raises the
    /// checkpoint to at least <paramref name="checkpoint"/>. It never falls. <paramref name="merging"/> takes the place of the stored
    /// merges, unless the stored checkpoint is higher. Answers the stored checkpoint.
    /// </summary>
    Task<long> Advance(
        int partition, long checkpoint, IReadOnlyCollection<ParkedEvent> parked, IReadOnlyCollection<LaneMerge> merging,
        CancellationToken stop = default);

    /// <summary>The next side-queued events of a lane, in order, at most <paramref name="max"/>.</summary>
    Task<IReadOnlyList<LaneEvent>> ReadParked(int partition, string lane, int max, CancellationToken stop = default);

    /// <summary>
    /// Ends the parking of side-queued events of a lane up to a number, all now durable with their customer: removes them and
    /// writes those that were not rejected to the history, in one transaction. True when nothing of the lane is left parked.
    /// </summary>
    Task<bool> Unpark(int partition, string lane, long upTo, CancellationToken stop = default);

    /// <summary>
    /// Projects up to <paramref name="maxEvents"/> events above the history's checkpoint, and never above the delivery checkpoint,
    /// into the history, without rejects and side-queued events, and raises the history's checkpoint in the same transaction,
    /// fenced by its old value. Answers the new history checkpoint.
    /// </summary>
    Task<long> ProjectHistory(int partition, int maxEvents, CancellationToken stop = default);

    /// <summary>Customers of this partition whose due time has come, at most <paramref name="max"/>, earliest first.</summary>
    Task<IReadOnlyList<string>> Due(int partition, DateTimeOffset now, int max, CancellationToken stop = default);
}
