using Orleans.Concurrency;

namespace Crm.Clickstream;

/// <summary>
/// Delivers one partition of the log to its customers, persists them behind and moves the checkpoint.
/// Key: the partition's number. Implicit subscriber of the stream <c>clickstream/&lt;partition&gt;</c>.
/// </summary>
[Alias("crm.partition")]
public interface IPartitionGrain : IGrainWithIntegerKey
{
    /// <summary>Makes sure that the partition is being delivered; called by every silo from time to time.</summary>
    [AlwaysInterleave, Alias("start")]
    Task Start();

    /// <summary>
    /// How far this partition is. With <paramref name="minSeq"/> above 0, waits (at most <paramref name="wait"/>) until all events
    /// up to it are applied.
    /// </summary>
    [AlwaysInterleave, Alias("progress")]
    Task<PartitionProgress> Progress(long minSeq, TimeSpan wait);

    /// <summary>
    /// As <see cref="Progress"/>, for who then reads <paramref name="customer"/>: waits only for the events on its own lane and those
    /// that name it, and until it can no more answer for itself when one of them merges it into another. Null when that took too
    /// long; null for the customer: waits for all events.
    /// </summary>
    [AlwaysInterleave, Alias("reach")]
    Task<PartitionProgress?> Reach(long minSeq, string? customer, TimeSpan wait);

    /// <summary>
    /// Asked by a customer before its first answer: the last number that was sent on a lane since the checkpoint (0: none),
    /// or that this owner does not know yet. A customer that has less is given the rest at once.
    /// </summary>
    [AlwaysInterleave, Alias("check")]
    Task<LaneCheck> Check(string lane, long lastSeq);

    /// <summary>The newest events and the most active customers of the last minute, for the live page.</summary>
    [AlwaysInterleave, Alias("pulse")]
    Task<PartitionPulse> Pulse();
}

/// <summary>How far a partition is.</summary>
/// <param name="Current">False until a fresh owner has passed the head that it saw at its start: answers would be old (503).</param>
/// <param name="Applied">All events up to here have changed their customers.</param>
/// <param name="Checkpoint">All events up to here are durable in their customers.</param>
/// <param name="History">All events up to here are in the history.</param>
/// <param name="Head">The newest number seen in the log.</param>
/// <param name="LagMs">Age in milliseconds of the oldest event that is not applied; 0 when all are.</param>
/// <param name="HistoryLagMs">Age in milliseconds of the oldest event that is not in the history; 0 when all are.</param>
/// <param name="Parked">Lanes that are set aside.</param>
[GenerateSerializer, Immutable, Alias("crm.partition-progress")]
public sealed record PartitionProgress(
    [property: Id(0)] int Partition,
    [property: Id(1)] bool Current,
    [property: Id(2)] long Applied,
    [property: Id(3)] long Checkpoint,
    [property: Id(4)] long History,
    [property: Id(5)] long Head,
    [property: Id(6)] long LagMs,
    [property: Id(7)] long HistoryLagMs,
    [property: Id(8)] int Parked);

/// <summary>Answer to a customer's first question. <paramref name="Sent"/> is the last number sent on the lane, 0 for none since the checkpoint.</summary>
[GenerateSerializer, Immutable, Alias("crm.lane-check")]
public readonly record struct LaneCheck([property: Id(0)] bool Current, [property: Id(1)] long Sent);

/// <summary>What the live page shows of one partition.</summary>
/// <param name="Events">Events applied since the owner's start.</param>
/// <param name="Newest">The newest events, newest first, at most 20.</param>
/// <param name="Active">Most active customers of about the last minute, most active first, at most 10.</param>
[GenerateSerializer, Immutable, Alias("crm.partition-pulse")]
public sealed record PartitionPulse(
    [property: Id(0)] PartitionProgress Progress,
    [property: Id(1)] long Events,
    [property: Id(2)] IReadOnlyList<PulseEvent> Newest,
    [property: Id(3)] IReadOnlyList<PulseCustomer> Active);

/// <summary>One event on the live page.</summary>
[GenerateSerializer, Immutable, Alias("crm.pulse-event")]
public sealed record PulseEvent(
    [property: Id(0)] string Customer, [property: Id(1)] EventType Type, [property: Id(2)] string? Name, [property: Id(3)] long ReceivedAtMs);

/// <summary>One busy customer on the live page.</summary>
[GenerateSerializer, Immutable, Alias("crm.pulse-customer")]
public sealed record PulseCustomer([property: Id(0)] string Customer, [property: Id(1)] int Events);
