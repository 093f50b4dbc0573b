namespace Crm.Clickstream;

/// <summary>What was fixed at the log's birth.</summary>
public interface ILogInfo
{
    /// <summary>Number of partitions (8 unless configured before the first start).</summary>
    int Partitions { get; }
}

/// <summary>The log as its readers see it. Blocks once written stay until retention drops them; only an erasure blanks events in them.</summary>
public interface IEventLog
{
    /// <summary>Who the log is: a uuid given at its birth and the server's WAL timeline. It changes after a restore or failover.</summary>
    Task<string> Identity(CancellationToken stop = default);

    /// <summary>Number of the last event of a partition; 0 for an empty one.</summary>
    Task<long> Head(int partition, CancellationToken stop = default);

    /// <summary>
    /// Blocks that hold any number above <paramref name="after"/>, in order, at most about <paramref name="maxEvents"/> events
    /// (always at least one block when there is one). The first may begin at or below <paramref name="after"/>: trim it.
    /// </summary>
    Task<IReadOnlyList<LogBlock>> Read(int partition, long after, int maxEvents, CancellationToken stop = default);
}

/// <summary>The producing side: group commit.</summary>
public interface IEventLogWriter
{
    /// <summary>
    /// Makes events durable and answers the numbers they got. Events keep the order of the list within a partition.
    /// </summary>
    /// <exception cref="LogFullException">The accept channel has no room (HTTP 429).</exception>
    /// <exception cref="LogUnavailableException">Not durable, or unknown whether (HTTP 503): send again with the same messageIds.</exception>
    Task<LogPosition> Append(IReadOnlyList<BehaviourEvent> events, CancellationToken stop = default);
}

/// <summary>The accept channel is full; try again shortly.</summary>
public sealed class LogFullException() : Exception("The accept channel is full. Try again in a second.");

/// <summary>The log cannot make events durable now, or it is unknown whether it did; send again with the same messageIds.</summary>
public sealed class LogUnavailableException(string reason, Exception? inner = null) : Exception(reason, inner);
