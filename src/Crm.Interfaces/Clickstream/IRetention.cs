namespace Crm.Clickstream;

/// <summary>How long what was logged, or told, is kept.</summary>
public sealed class RetentionOptions
{
    /// <summary>
    /// Days that blocks of the log are kept after all their events are durable in their customers and in the history. Long
    /// enough to find out that something was counted wrongly, and to count it again.
    /// </summary>
    public int LogDays { get; set; } = 7;

    /// <summary>Months that the history is kept, the running one not counted: two years can be compared, and a month more.</summary>
    public int HistoryMonths { get; set; } = 25;

    /// <summary>Months of the history whose tables are made ahead, the running one counted.</summary>
    public int HistoryMonthsAhead { get; set; } = 3;

    /// <summary>
    /// Hours that pages of messages are kept after the newest of their messages was received, and after all older events were
    /// counted: the protocol's 24, and one for clocks of servers that differ.
    /// </summary>
    public int MessageHours { get; set; } = 25;

    /// <summary>Days that notifications of users are kept.</summary>
    public int NotificationDays { get; set; } = 90;

    /// <summary>Notifications of a user that are kept, the newest: more than anybody looks back through.</summary>
    public int NotificationsOfAUser { get; set; } = 1_000;

    /// <summary>Most blocks that one statement drops, so that none runs long.</summary>
    public int BlocksAtATime { get; set; } = 1_000;

    /// <summary>Most pages of messages, numbers of rejected events, or notifications, that one statement drops.</summary>
    public int RowsAtATime { get; set; } = 5_000;
}

/// <summary>What one run of the retention did.</summary>
/// <param name="Blocks">Blocks of the log that were dropped.</param>
/// <param name="MonthsMade">Tables of the history that were made ahead.</param>
/// <param name="MonthsDropped">Tables of the history that were dropped.</param>
/// <param name="Rejects">Numbers of rejected events that were dropped: of blocks that are gone.</param>
/// <param name="Pages">Pages of messages that were dropped.</param>
/// <param name="Rows">Rows of the history that were deleted because their source's term was over.</param>
/// <param name="Notifications">Notifications of users that were dropped.</param>
public sealed record RetentionReport(
    long Blocks, int MonthsMade, int MonthsDropped, long Rejects = 0, long Pages = 0, long Rows = 0, long Notifications = 0);

/// <summary>Drops what nobody needs any more, and makes room for what comes.</summary>
public interface IRetention
{
    /// <summary>
    /// Runs once. A block goes when the checkpoints of delivery and of history have both passed it and its days are over; the
    /// newest block of a partition stays, because its end is where the next number begins.
    /// </summary>
    Task<RetentionReport> Run(RetentionOptions options, CancellationToken stop = default);
}
