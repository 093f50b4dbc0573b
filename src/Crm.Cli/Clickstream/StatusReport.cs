using Crm.Records;

namespace Crm.Clickstream;

/// <summary>What <c>crm status</c> says: the sums over all partitions, rates between two looks, and each partition.</summary>
/// <param name="Applied">Events that have changed their customers; null when only the database was asked, which cannot know.</param>
/// <param name="LagMs">
/// Age of the oldest event that is not in its customer, in milliseconds: not applied, or, from the database, not durable.
/// </param>
/// <param name="HistoryLagMs">Age of the oldest event that is not in the history, in milliseconds.</param>
internal sealed record StatusReport(
    string? LogId,
    DateTimeOffset At,
    long Head,
    long? Applied,
    long Checkpoint,
    long History,
    double AppendedPerSecond,
    double? AppliedPerSecond,
    double CheckpointedPerSecond,
    double ProjectedPerSecond,
    long LagMs,
    long HistoryLagMs,
    long Parked,
    IReadOnlyList<SiloStatusRow> Silos,
    IReadOnlyList<PartitionStatus> Partitions)
{
    /// <summary>What the files of records hold; null when the API was asked.</summary>
    public StoredFiles? Files { get; init; }

    /// <summary>From two looks at the database, or at the API with what was applied at each.</summary>
    public static StatusReport Of(LogStatus first, LogStatus second, long? firstApplied = null, long? secondApplied = null)
    {
        var seconds = Math.Max(0.001, (second.At - first.At).TotalSeconds);
        var now = second.Partitions;
        return new StatusReport(
            second.LogId,
            second.At,
            now.Sum(p => p.Head),
            secondApplied,
            now.Sum(p => p.Checkpoint),
            now.Sum(p => p.History),
            Rate(p => p.Head),
            first.LogId == second.LogId ? (secondApplied - firstApplied) / seconds : 0,
            Rate(p => p.Checkpoint),
            Rate(p => p.History),
            now.Select(p => p.LagMs).DefaultIfEmpty().Max(),
            now.Select(p => p.HistoryLagMs).DefaultIfEmpty().Max(),
            now.Sum(p => p.Parked),
            second.Silos,
            now);

        // A log that was born, or became another, between the looks has no rate.
        double Rate(Func<PartitionStatus, long> number) =>
            first.LogId == second.LogId ? (now.Sum(number) - first.Partitions.Sum(number)) / seconds : 0;
    }
}
