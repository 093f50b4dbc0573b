namespace Crm.Clickstream;

/// <summary>Reads the history: one row per event that counted, under the id that the event carried.</summary>
public interface IHistory
{
    /// <summary>
    /// Events of some lanes, newest first: by time of the event, then partition and number, all descending. A page
    /// continues below <paramref name="before"/>; what arrives meanwhile never repeats or hides a row of the pages below.
    /// </summary>
    /// <param name="lanes">The lanes of one customer (its own and those merged into it).</param>
    /// <param name="before">The last row of the page before; null for the first page.</param>
    /// <param name="limit">Most rows, 1 to 500.</param>
    /// <param name="filter">Which events.</param>
    /// <param name="stop">Cancels the call.</param>
    Task<HistoryPage> Read(
        IReadOnlyList<string> lanes, HistoryCursor? before, int limit, HistoryFilter filter, CancellationToken stop = default);
}

/// <summary>Which events of the history; null for all.</summary>
/// <param name="Type">Only this call.</param>
/// <param name="Name">Only this name, exactly.</param>
public sealed record HistoryFilter(EventType? Type = null, string? Name = null);

/// <summary>Where a page ended.</summary>
public sealed record HistoryCursor(long TimestampMs, int Partition, long Seq);

/// <summary>One page, and where it ended; null when nothing is below.</summary>
public sealed record HistoryPage(IReadOnlyList<HistoryItem> Items, HistoryCursor? Next);

/// <summary>One event of the history. <paramref name="Body"/> is the whole event as JSON in UTF-8, as it was sent.</summary>
public sealed record HistoryItem(
    int Partition,
    long Seq,
    string Lane,
    EventType Type,
    string? Name,
    long TimestampMs,
    long ReceivedAtMs,
    string MessageId,
    string Source,
    ReadOnlyMemory<byte> Body);
