namespace Crm.Clickstream;

/// <summary>How the log is written and read.</summary>
public sealed class EventLogOptions
{
    /// <summary>Partitions that a log is born with. A log that exists keeps its own count.</summary>
    public int Partitions { get; set; } = Partitioning.DefaultCount;

    /// <summary>
    /// Bytes of packed events that may wait for their commit in this process, those in flight included; beyond, requests are
    /// refused. Large enough for a second of a heavy burst, small enough that waiting stays short.
    /// </summary>
    public int AcceptBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Most events of one commit: beyond, a commit gets no cheaper per event, only slower to answer.</summary>
    public int CommitEvents { get; set; } = 5_000;

    /// <summary>Most bytes of one commit. A single larger request is committed alone.</summary>
    public int CommitBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Commits that one process may have in flight. A second one prepares while the first waits for the disk.</summary>
    public int CommitsInFlight { get; set; } = 1;

    /// <summary>
    /// The rate above which small commits wait for company, 1 ms for each multiple of it: every block costs its commit, the
    /// tail, and its partition's round the same whether it holds two events or twenty. A lone event never waits.
    /// </summary>
    public int LingerEventsPerSecond { get; set; } = 5_000;

    /// <summary>Longest wait of a small commit, in milliseconds.</summary>
    public int MaxLingerMs { get; set; } = 8;

    /// <summary>How often a writer without a server tries to reach it again, in milliseconds.</summary>
    public int ProbeMs { get; set; } = 250;

    /// <summary>How long the tail waits for a signal of new blocks before it looks by itself, in milliseconds.</summary>
    public int TailPollMs { get; set; } = 100;

    /// <summary>Bytes of blocks that the tail holds for one partition; then it waits until they are taken.</summary>
    public int TailBytesPerPartition { get; set; } = 2 * 1024 * 1024;
}
