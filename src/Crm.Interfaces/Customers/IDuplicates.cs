namespace Crm.Customers;

/// <summary>An id of which it is to be looked up whether others have it.</summary>
/// <param name="Customer">Who has it: the customer that it was stored for, or the one that was merged into since.</param>
/// <param name="StoredFor">The customer that it was stored for.</param>
/// <param name="Holders">All who have it, <paramref name="Customer"/> among them, each once; none when too many share it.</param>
public sealed record SharedId(string Kind, string Value, string Customer, string StoredFor, IReadOnlyList<IdHolder> Holders);

/// <summary>A customer, none of whom was merged into another, with an id; and whether a server's key told it.</summary>
public readonly record struct IdHolder(string Customer, bool ToldByServer);

/// <summary>Two customers with an equal id, who may be one person.</summary>
/// <param name="Id">Grows with every candidate.</param>
/// <param name="Value">The id that both have, as it is compared.</param>
/// <param name="At">When it was found.</param>
public sealed record DuplicateCandidate(long Id, string One, string Other, string Kind, string Value, DateTimeOffset At);

/// <summary>What people decide on: customers that may be the same person.</summary>
public interface IDuplicates
{
    /// <summary>Ids that wait to be looked up, oldest first, at most <paramref name="max"/>.</summary>
    Task<IReadOnlyList<SharedId>> Waiting(int max, CancellationToken stop = default);

    /// <summary>Notes candidates; those that are known already change nothing.</summary>
    Task Add(IReadOnlyList<(string One, string Other, string Kind, string Value)> pairs, CancellationToken stop = default);

    /// <summary>Ends the waiting of ids that were looked up, but for those that were told anew meanwhile.</summary>
    Task Settle(IReadOnlyList<SharedId> ids, CancellationToken stop = default);

    /// <summary>
    /// Candidates below <paramref name="before"/>, newest first, at most <paramref name="limit"/>: by the customers that they are
    /// now, without those that were merged or taken apart since.
    /// </summary>
    Task<IReadOnlyList<DuplicateCandidate>> Read(long before, int limit, CancellationToken stop = default);
}
