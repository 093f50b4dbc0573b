namespace Crm.Clickstream;

/// <summary>
/// Follows the end of the log: one listener and one query a silo for all partitions that its stream agents own. Bounded: a
/// partition whose blocks are not taken is not read further.
/// </summary>
public interface ILogTail
{
    /// <summary>Begins to follow a partition above a number; dispose to end. A second subscription replaces the first.</summary>
    IDisposable Subscribe(int partition, long after);

    /// <summary>The next blocks in order, as soon as there are any; none after <paramref name="maxWait"/>.</summary>
    ValueTask<IReadOnlyList<LogBlock>> Take(int partition, int maxBlocks, TimeSpan maxWait, CancellationToken stop = default);
}
