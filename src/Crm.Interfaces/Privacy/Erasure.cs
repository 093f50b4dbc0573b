namespace Crm.Privacy;

/// <summary>How far the erasure of a person is. The numbers are stored: never reuse or renumber one.</summary>
public enum ErasureStep : short
{
    /// <summary>Asked for, durably.</summary>
    Asked = 1,

    /// <summary>State, look-up ids and merges are gone, and tombstones stand: nothing can bring the person back.</summary>
    Closed = 2,

    /// <summary>No live activation holds the person any more.</summary>
    Forgotten = 3,

    /// <summary>The person's events in the log's blocks are blank.</summary>
    Blanked = 4,

    /// <summary>History, rejects, dead letters and the side queue are without the person.</summary>
    Swept = 5,

    /// <summary>Whatever was under way has arrived and is gone too. The person's ids are no longer stored.</summary>
    Done = 6,
}

/// <summary>One erasure of a person, a durable job.</summary>
public sealed record Erasure
{
    /// <summary>Identifies the erasure.</summary>
    public required Guid Id { get; init; }

    /// <summary>How far it is.</summary>
    public required ErasureStep Step { get; init; }

    /// <summary>The customer id that was asked for; null once it is done.</summary>
    public string? Subject { get; init; }

    /// <summary>All ids of the person, from <see cref="ErasureStep.Closed"/> on; empty once it is done.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>Why, as the caller said; at most <see cref="MaxReasonLength"/> characters, without personal data.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether later events of the person are refused, too.</summary>
    public required bool Suppress { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>Events received or dated up to then do not count; null before <see cref="ErasureStep.Closed"/>.</summary>
    public DateTimeOffset? ErasedAt { get; init; }

    /// <summary>When it was done.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Rows, and events of the log's blocks, that were erased, by table.</summary>
    public IReadOnlyDictionary<string, long> Counts { get; init; } = new Dictionary<string, long>();

    /// <summary>Longest reason, in characters.</summary>
    public const int MaxReasonLength = 200;

    /// <summary>An erasure takes seconds. What hinders it (a database or silo that is away) must be mended within this time.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromHours(24);
}

/// <summary>What proves an erasure: it was signed with the installation's secret.</summary>
public sealed record ErasureReceipt
{
    /// <summary>Of the erasure.</summary>
    public required Guid Id { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>Events received or dated up to then were erased and do not count.</summary>
    public required DateTimeOffset ErasedAt { get; init; }

    /// <summary>When all was erased.</summary>
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether later events are refused, too.</summary>
    public required bool Suppressed { get; init; }

    /// <summary>Keyed hashes (HMAC-SHA-256, hexadecimal) of the ids that were erased: who knows an id can have it compared.</summary>
    public required IReadOnlyList<string> Subjects { get; init; }

    /// <summary>Rows, and events of the log's blocks, that were erased, by table.</summary>
    public required IReadOnlyDictionary<string, long> Erased { get; init; }

    /// <summary>HMAC-SHA-256 of all of the above, hexadecimal.</summary>
    public required string Signature { get; init; }
}

/// <summary>What stands in place of an erased id.</summary>
/// <param name="Version">Fences writers, as a row's version does; grows on from it.</param>
/// <param name="Floor">The id's events up to this number of its partition are erased.</param>
/// <param name="ErasedAtMs">Later numbers do not count either when they were received or dated up to then, in Unix milliseconds.</param>
/// <param name="Suppressed">No event counts any more.</param>
public sealed record Tombstone(long Version, long Floor, long ErasedAtMs, bool Suppressed);

/// <summary>The durable jobs of erasures, and the parts of them that are work on tables.</summary>
public interface IErasures
{
    /// <summary>Asks for an erasure; durable when it returns.</summary>
    Task<Erasure> Begin(string customer, string reason, bool suppress, CancellationToken stop = default);

    /// <summary>An erasure; null when there is none with this id.</summary>
    Task<Erasure?> Find(Guid id, CancellationToken stop = default);

    /// <summary>Erasures that are not done, oldest first, at most <paramref name="max"/>.</summary>
    Task<IReadOnlyList<Guid>> Unfinished(int max, CancellationToken stop = default);

    /// <summary>Notes that no activation holds the person any more.</summary>
    Task Forgotten(Guid id, CancellationToken stop = default);

    /// <summary>
    /// Does the next bounded piece of work after <see cref="ErasureStep.Forgotten"/>; each is one transaction with its count.
    /// False when there is nothing to do now: it is done, or waits for what is still under way.
    /// </summary>
    Task<bool> Work(Guid id, CancellationToken stop = default);

    /// <summary>
    /// Blanks logged events that their customer refused because their person was erased; at most <paramref name="max"/>. Answers
    /// how many.
    /// </summary>
    Task<int> BlankLate(int max, CancellationToken stop = default);

    /// <summary>The receipt of an erasure that is done.</summary>
    Task<ErasureReceipt> Receipt(Erasure erasure, CancellationToken stop = default);

    /// <summary>Whether a receipt is unchanged; with <paramref name="customer"/>, also whether that id is among those erased.</summary>
    Task<bool> Verify(ErasureReceipt receipt, string? customer, CancellationToken stop = default);
}

/// <summary>Which ids are erased, as far as this process has heard: what it misses their customers refuse.</summary>
public interface IErasedIds
{
    /// <summary>True for an event that belongs to an erased person's past, or to a person who is suppressed.</summary>
    bool Refuses(Clickstream.BehaviourEvent happened);
}
