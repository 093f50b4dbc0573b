using System.Diagnostics.Metrics;

namespace Crm.Clickstream;

/// <summary>What the log counts.</summary>
internal static class LogMetrics
{
    private static readonly Meter Meter = new("Crm.EventLog");
    private static readonly Counter<long> Appended =
        Meter.CreateCounter<long>("crm.log.appended", "{event}", "Events made durable.");
    private static readonly Counter<long> Commits =
        Meter.CreateCounter<long>("crm.log.commits", "{commit}", "Commits that made them durable.");
    private static readonly Histogram<double> CommitTime =
        Meter.CreateHistogram<double>("crm.log.commit.duration", "ms", "Time of a commit.");

    /// <summary>Events answered as not durable.</summary>
    public static readonly Counter<long> Failed =
        Meter.CreateCounter<long>("crm.log.failed", "{event}", "Events answered as not durable, or unknown.");

    /// <summary>Events that the tail read.</summary>
    public static readonly Counter<long> Tailed =
        Meter.CreateCounter<long>("crm.log.tailed", "{event}", "Events read by the tail.");

    /// <summary>Events written to the history.</summary>
    public static readonly Counter<long> Projected =
        Meter.CreateCounter<long>("crm.log.projected", "{event}", "Events written to the history.");

    public static void Committed(CommitBatch batch, TimeSpan took)
    {
        Appended.Add(batch.Events);
        Commits.Add(1);
        CommitTime.Record(took.TotalMilliseconds);
    }

    public static void WatchQueue(Func<long> bytes) =>
        Meter.CreateObservableGauge("crm.log.queued", bytes, "By", "Packed events that wait for their commit.");
}
