namespace Crm.Clickstream;

/// <summary>What <c>crm status</c> says: the sums over all partitions, rates between two looks, and each partition.</summary>
/// <param name="LagMs">Age of the oldest event that is not durable in its customer, in milliseconds.</param>
/// <param name="HistoryLagMs">Age of the oldest event that is not in the history, in milliseconds.</param>
internal sealed record StatusReport(
    string? LogId,
    DateTimeOffset At,
    long Head,
    long Checkpoint,
    long History,
    double AppendedPerSecond,
    double CheckpointedPerSecond,
    double ProjectedPerSecond,
    long LagMs,
    long HistoryLagMs,
    long Parked,
    IReadOnlyList<SiloStatusRow> Silos,
    IReadOnlyList<PartitionStatus> Partitions)
{
    public static StatusReport Of(LogStatus first, LogStatus second)
    {
        var seconds = Math.Max(0.001, (second.At - first.At).TotalSeconds);
        var now = second.Partitions;
        return new StatusReport(
            second.LogId,
            second.At,
            now.Sum(p => p.Head),
            now.Sum(p => p.Checkpoint),
            now.Sum(p => p.History),
            Rate(p => p.Head),
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
