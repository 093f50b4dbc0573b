using Crm.Clickstream;
using Crm.Privacy;
using Crm.Segments;

namespace Crm.Customers;

/// <summary>A customer's stored row.</summary>
/// <param name="RowVersion">Grows by one with every write; a write names the one it saw.</param>
/// <param name="State">The packed state, of every version this build can read.</param>
/// <param name="MovedTo">Set when the row is frozen: the customer it was merged into.</param>
public sealed record CustomerRow(string Id, long RowVersion, byte[] State, string? MovedTo);

/// <summary>What is stored of a customer, as of one moment.</summary>
/// <param name="Row">Its row; null when it was never stored.</param>
/// <param name="Merge">What the merge ledger says of it, also of one without a row: it may be given away before it is first stored.</param>
/// <param name="Erased">Set when it was erased, also when it began anew since.</param>
/// <param name="Watched">True when open deals name it.</param>
/// <param name="Carded">True when people wrote of it.</param>
public readonly record struct StoredCustomer(CustomerRow? Row, MergeEntry? Merge, Tombstone? Erased = null, bool Watched = false, bool Carded = false);

/// <summary>Why an event of the log did not change its customer.</summary>
public enum RejectReason : short
{
    /// <summary>A copy of a message that already counted.</summary>
    Duplicate = 1,

    /// <summary>The rules failed on it; it is kept as a dead letter.</summary>
    Poison = 2,

    /// <summary>Of a person who was erased: it belongs to the time before, or the person is suppressed.</summary>
    Erased = 8,
}

/// <summary>An event that did not count, stored with the row that skipped it. The history leaves it out.</summary>
/// <param name="Event">The event itself, for a dead letter; default for a duplicate.</param>
/// <param name="Detail">What went wrong, without personal data.</param>
public sealed record Reject(int Partition, string Lane, long Seq, RejectReason Reason, LaneEvent Event = default, string? Detail = null);

/// <summary>One write of a customer: state, listed columns, due time and rejects, in one transaction.</summary>
public sealed record CustomerWrite
{
    /// <summary>Customer id.</summary>
    public required string Id { get; init; }

    /// <summary>Partition of <see cref="Id"/>: shards the due rows.</summary>
    public required int Partition { get; init; }

    /// <summary>The row version that the state was read at; 0 for a row that was not there.</summary>
    public required long ExpectedVersion { get; init; }

    /// <summary>
    /// For a row that was not there: the version of the tombstone that was; 0 for none. A row that begins anew counts on from it,
    /// so that no writer from before an erasure can take it for its own.
    /// </summary>
    public long ErasedVersion { get; init; }

    /// <summary>
    /// Set when nothing is known of an erased customer but that its events up to this number do not count: the tombstone keeps
    /// that, under its own version, and no row is written.
    /// </summary>
    public long? Floor { get; init; }

    /// <summary>The packed state.</summary>
    public required byte[] State { get; init; }

    /// <summary>Set to freeze the row.</summary>
    public string? MovedTo { get; init; }

    /// <summary>Listed column: last seen, or null when never.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>Listed column: events that counted.</summary>
    public long Events { get; init; }

    /// <summary>Listed column: orders.</summary>
    public int Orders { get; init; }

    /// <summary>When the customer wants to be woken; null for never.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>The plan of segments by which the customer was last looked at. Who is written by an older one than is stored is due at once: whoever goes through all customers may have passed it.</summary>
    public long SegmentPlan { get; init; }

    /// <summary>Events that did not count since the last write.</summary>
    public IReadOnlyList<Reject> Rejects { get; init; } = [];

    /// <summary>Ids for look-up that the customer has got since the last write; ones it has already change nothing.</summary>
    public IReadOnlyList<ExternalId> NewExternalIds { get; init; } = [];

    /// <summary>What lists show, but for what changes with every event; null when it stands there already.</summary>
    public CustomerListing? Listing { get; init; }

    /// <summary>What changes with every event; null when it stands there already, or can wait.</summary>
    public CustomerListing? Seen { get; init; }

    /// <summary>When what waits is to be written at the latest; null when nothing waits, or that is noted already.</summary>
    public DateTimeOffset? ListAt { get; init; }

    /// <summary>Pages that the state names and no row before it did: stored with it, or not at all.</summary>
    public IReadOnlyList<MessagePage> Pages { get; init; } = [];

    /// <summary>Segments that were entered and left since the last write, in their order.</summary>
    public IReadOnlyList<SegmentChange> SegmentChanges { get; init; } = [];

    /// <summary>True to make the heat of its deals due with it.</summary>
    public bool Warms { get; init; }
}


/// <summary>Looks up customers by their other ids.</summary>
public interface ICustomerLookup
{
    /// <summary>
    /// Customers that were given this id, at most <paramref name="max"/>. They may have been merged since: follow the ledger.
    /// </summary>
    Task<IReadOnlyList<string>> ByExternalId(string kind, string value, int max, CancellationToken stop = default);
}

/// <summary>
/// Storage of customers. Reads and writes of many customers are gathered into few statements. A write is checked against the
/// row version: of two owners one is fenced.
/// </summary>
public interface ICustomerStore
{
    /// <summary>The stored row and the ledger's entry, each of them or null.</summary>
    Task<StoredCustomer> Read(string id, CancellationToken stop = default);

    /// <summary>
    /// Writes; true when stored, false when another owner wrote first (fenced). After an exception it is unknown whether the
    /// write happened or will happen, and the caller must end its activation; but for one.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The write was surely not sent: the caller keeps its state and tries later.</exception>
    Task<bool> Write(CustomerWrite write, CancellationToken stop = default);

    /// <summary>The pages of a range that are there; a customer's row names them, and those missing were dropped for their age.</summary>
    Task<IReadOnlyList<MessagePage>> ReadPages(MessagePageRange range, CancellationToken stop = default);
    /// <summary>
    /// In one transaction, fenced by the version: leaves tombstones for all lanes of a customer, and deletes their rows, look-up ids
    /// and merges. Repeated for the same erasure it changes nothing.
    /// </summary>
    Task<EraseOutcome> Erase(CustomerErasure erasure, CancellationToken stop = default);
}

/// <summary>A customer that is to be erased.</summary>
/// <param name="Erasure">The erasure that asks for it.</param>
/// <param name="Id">The customer; its own lane stands first among the lanes.</param>
/// <param name="ExpectedVersion">Of its row, as read; 0 for none.</param>
/// <param name="ErasedVersion">Of its tombstone, as read; 0 for none.</param>
/// <param name="Lanes">Its own and all that were merged into it.</param>
/// <param name="Mentions">Texts by which refused input names the person: ids, emails, phones.</param>
/// <param name="At">Events received or dated up to then do not count.</param>
public sealed record CustomerErasure(
    Guid Erasure,
    string Id,
    long ExpectedVersion,
    long ErasedVersion,
    IReadOnlyList<string> Lanes,
    IReadOnlyList<string> Mentions,
    DateTimeOffset At);

/// <summary>What became of a <see cref="CustomerErasure"/>.</summary>
public enum EraseOutcome : byte
{
    /// <summary>It is done, now or before.</summary>
    Closed,

    /// <summary>Another owner wrote first, or a merge came between: nothing was done.</summary>
    NotYet,
}

/// <summary>The database does not answer, and the statement was surely never sent.</summary>
public sealed class StoreUnavailableException(Exception? inner = null) : Exception("The database does not answer; nothing was written.", inner);

/// <summary>What the merge ledger says of a source id.</summary>
/// <param name="Into">The customer that the source belongs to (a root when it was decided).</param>
/// <param name="Reason">Why: <c>identify</c>, <c>alias</c>, <c>external_id</c>.</param>
/// <param name="AskedBy">The lane whose event asked; null: that of <paramref name="Into"/>.</param>
public sealed record MergeEntry(string Source, string Into, string Reason, DateTimeOffset At, string? AskedBy = null);

/// <summary>
/// Decides merges. Each source is merged at most once; one serialised insert decides; the graph stays acyclic.
/// What it says is durable before it answers; the customers carry it out from their pending state.
/// </summary>
public interface IMergeLedger
{
    /// <summary>
    /// Asks to merge <paramref name="source"/> into the root of <paramref name="target"/>. Answers the entry that stands for the
    /// source afterwards (an earlier one wins), or null when the merge is refused: it would close a cycle, or a bar stands between.
    /// </summary>
    /// <param name="source">Who is to be merged.</param>
    /// <param name="target">Into whom.</param>
    /// <param name="reason">Why.</param>
    /// <param name="askedBy">The lane whose event asks: what is merged because of it leaves with it.</param>
    /// <param name="stop">Cancels the call.</param>
    Task<MergeEntry?> Decide(string source, string target, string reason, string? askedBy = null, CancellationToken stop = default);

    /// <summary>The entry of a source, or null.</summary>
    Task<MergeEntry?> Find(string source, CancellationToken stop = default);

    /// <summary>All entries that lead, directly or through others, to a customer; at most <paramref name="max"/>.</summary>
    Task<IReadOnlyList<MergeEntry>> Into(string target, int max, CancellationToken stop = default);
}
