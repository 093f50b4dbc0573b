using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>Rows of customers with their rejects, and the ledger.</summary>
internal sealed partial class MemoryStorage : ICustomerStore, IMergeLedger
{
    private readonly Dictionary<string, (CustomerRow Row, int Partition, DateTimeOffset? DueAt)> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Partition, long Seq), StoredReject> _rejects = [];
    private readonly Dictionary<string, MergeEntry> _merges = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Owner, int Number), MessagePage> _pages = [];

    public Task<StoredCustomer> Read(string id, CancellationToken stop = default) =>
        Task.FromResult(new StoredCustomer(_rows.TryGetValue(id, out var found) ? found.Row : null, _merges.GetValueOrDefault(id), Carded: _cards.ContainsKey(id)));

    public Task<bool> Write(CustomerWrite write, CancellationToken stop = default)
    {
        var version = _rows.TryGetValue(write.Id, out var before) ? before.Row.RowVersion : 0;
        if (version != write.ExpectedVersion) return Task.FromResult(false);
        var due = write.MovedTo is null && write.SegmentPlan < _live.Number ? DateTimeOffset.UnixEpoch : write.DueAt;
        _rows[write.Id] = (new CustomerRow(write.Id, version + 1, write.State, write.MovedTo), write.Partition, due);
        StoreRejects(write.Rejects);
        StorePages(write.Pages);
        Tell(write);
        return Task.FromResult(true);
    }

    public Task<IReadOnlyList<MessagePage>> ReadPages(MessagePageRange range, CancellationToken stop = default) => Task.FromResult<IReadOnlyList<MessagePage>>(
        [.. Enumerable.Range(range.First, range.Count).Select(n => _pages.GetValueOrDefault((range.Owner, n))).OfType<MessagePage>()]);

    public void StorePages(IReadOnlyList<MessagePage> pages)
    {
        foreach (var page in pages) _pages[(page.Owner, page.Number)] = page;
    }
    public Task<EraseOutcome> Erase(CustomerErasure erasure, CancellationToken stop = default) =>
        throw new NotSupportedException("Nobody is erased in these worlds.");

    public void StoreRejects(IReadOnlyList<Reject> rejects)
    {
        foreach (var reject in rejects)
            _rejects.TryAdd((reject.Partition, reject.Seq), new StoredReject(reject.Partition, reject.Seq, reject.Reason, !reject.Event.Packed.IsEmpty));
    }

    public Task<MergeEntry?> Decide(string source, string target, string reason, string? askedBy = null, CancellationToken stop = default)
    {
        if (_merges.TryGetValue(source, out var earlier)) return Task.FromResult<MergeEntry?>(earlier);
        var root = Root(target);
        if (root == source || IsBarred(source, root)) return Task.FromResult<MergeEntry?>(null);
        return Task.FromResult<MergeEntry?>(Grant(source, root, reason, askedBy == root ? null : askedBy));
    }

    public MergeEntry Grant(string source, string into, string reason, string? askedBy = null) =>
        _merges.TryGetValue(source, out var earlier) ? earlier : _merges[source] = new MergeEntry(source, into, reason, DateTimeOffset.UnixEpoch, askedBy);

    public Task<MergeEntry?> Find(string source, CancellationToken stop = default) => Task.FromResult(_merges.GetValueOrDefault(source));

    public Task<IReadOnlyList<MergeEntry>> Into(string target, int max, CancellationToken stop = default) =>
        Task.FromResult<IReadOnlyList<MergeEntry>>([.. _merges.Values.Where(m => LeadsTo(m.Into, target)).Take(max)]);

    public IReadOnlyList<CustomerRow> Rows() => [.. _rows.Values.Select(r => r.Row)];

    public IReadOnlyList<MergeEntry> Merges() => [.. _merges.Values];

    public IReadOnlyList<StoredReject> Rejects() => [.. _rejects.Values];

    public IReadOnlyList<MessagePage> Pages() => [.. _pages.Values];
}
