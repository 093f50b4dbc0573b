namespace Crm.Clickstream;

/// <summary>How partitions are delivered and persisted.</summary>
public sealed class DeliveryOptions
{
    /// <summary>Events of one round: they are grouped by customer, sent, and awaited together. More is cheaper an event, and later for the first.</summary>
    public int RoundEvents { get; set; } = 1_000;

    /// <summary>Events that may wait in a partition's window; what comes beyond is read from the log later. About 2 MB a partition.</summary>
    public int WindowEvents { get; set; } = 8_000;

    /// <summary>Applied events that are not yet persisted; beyond, delivery waits. Bounds what a crash has to repeat.</summary>
    public int MaxUnpersistedEvents { get; set; } = 200_000;

    /// <summary>Least time between two passes that persist what was touched.</summary>
    public TimeSpan PersistEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>By so much a pass waits longer for each event that is not persisted: the more there are, the more share one row.</summary>
    public TimeSpan PersistEveryPerEvent { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Longest time between two passes: what a busy silo applied in it, its successor has to apply again.</summary>
    public TimeSpan MaxPersistEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Customers of a partition that are asked to persist at the same time, at most: a part of a batch of their storage, which
    /// other partitions fill up.
    /// </summary>
    public int MaxPersistAtOnce { get; set; } = 250;

    /// <summary>At least so many. A small pass is spread thin: what it asks all at once, a click waits behind.</summary>
    public int MinPersistAtOnce { get; set; } = 3;

    /// <summary>How often the head of the log is looked at although no hint came.</summary>
    public TimeSpan HeadCheckEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A customer that fails for so long, while the log answers, is parked.</summary>
    public TimeSpan ParkAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a parked customer is tried again.</summary>
    public TimeSpan RetryParkedEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Lanes parked at once in a partition; beyond, delivery waits instead: then not customers are ill, but something else.</summary>
    public int MaxParkedLanes { get; set; } = 1_000;

    /// <summary>Lanes with merges that wait, at once in a partition; beyond, the checkpoint waits: then not customers are ill, but the ledger.</summary>
    public int MaxMergingLanes { get; set; } = 5_000;

    /// <summary>Pause before a failed call is repeated; doubles up to 2 s.</summary>
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Events that one step of the history projection takes.</summary>
    public int HistoryEvents { get; set; } = 10_000;

    /// <summary>Pause between two steps of a partition's history projection.</summary>
    public TimeSpan HistoryEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often due customers are looked for.</summary>
    public TimeSpan DueEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Due customers that one look takes.</summary>
    public int DueCustomers { get; set; } = 500;
}
