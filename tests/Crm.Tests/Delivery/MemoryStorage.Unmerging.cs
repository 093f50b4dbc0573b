using System.Text;
using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>Merges taken back.</summary>
internal sealed partial class MemoryStorage : IUnmerging
{
    private readonly List<MergeBar> _bars = [];

    public IUnmerging Unmerging => this;

    public Task<ReplayResult> Replay(IReadOnlyList<LaneSpan> spans, Action<BehaviourEvent> take, CancellationToken stop = default)
    {
        if (spans.Any(s => _parked.Any(p => p.Key.Partition == s.Partition && p.Value.Lane == s.Lane && p.Key.Seq <= s.UpTo)))
            return Task.FromResult(ReplayResult.NotYet);
        var kept = _history.ToHashSet();
        var counted =
            from span in spans
            from logged in _log[span.Partition].SelectMany(b => b.Events())
            where logged.Seq > span.After && logged.Seq <= span.UpTo
            where Encoding.UTF8.GetString(PackedEvent.Lane(logged.Packed.Span)) == span.Lane
            let isOld = logged.Seq <= _histories[span.Partition]
            where isOld ? kept.Contains(new PartitionSeq(span.Partition, logged.Seq)) : !_rejects.ContainsKey((span.Partition, logged.Seq))
            orderby span.Partition, logged.Seq
            select logged;
        foreach (var logged in counted) take(PackedEvent.Read(logged.Packed));
        return Task.FromResult(ReplayResult.Done);
    }

    public Task<bool> Split(CustomerSplit split, CancellationToken stop = default)
    {
        var (root, source) = (split.Root.Id, split.Source.Id);
        var seen = new[] { new RowVersion(root, split.Root.ExpectedVersion), new RowVersion(source, split.Source.ExpectedVersion) };
        var isAsSeen = !_merges.ContainsKey(root) && Root(source) == root && source != root
            && _merges.Keys.Where(id => Root(id) == root).All(split.Known.Contains)
            && seen.Concat(split.Moved).All(r => _rows.TryGetValue(r.Id, out var row) && row.Row.RowVersion == r.Version);
        if (!isAsSeen) return Task.FromResult(false);
        foreach (var write in (CustomerWrite[])[split.Root, split.Source])
            _rows[write.Id] = (new CustomerRow(write.Id, write.ExpectedVersion + 1, write.State, null), write.Partition, _live.Number > 0 ? DateTimeOffset.UnixEpoch : write.DueAt);
        foreach (var (id, version) in split.Moved)
        {
            _rows[id] = _rows[id] with { Row = _rows[id].Row with { RowVersion = version + 1, MovedTo = source } };
            _merges[id] = _merges[id] with { Into = source };
        }

        _merges.Remove(source);
        Bar(root, source);
        return Task.FromResult(true);
    }

    public Task<IReadOnlyList<MergeBar>> Bars(string customer, int max, CancellationToken stop = default) =>
        Task.FromResult<IReadOnlyList<MergeBar>>([.. _bars.Where(b => Root(b.One) == customer || Root(b.Other) == customer).Take(max)]);

    public Task<bool> Lift(string customer, string source, CancellationToken stop = default) =>
        Task.FromResult(_bars.RemoveAll(b => (b.One == source && Root(b.Other) == Root(customer)) || (b.Other == source && Root(b.One) == Root(customer))) > 0);

    public IReadOnlyList<MergeBar> AllBars() => _bars;

    private void Bar(string left, string right)
    {
        var (one, other) = string.CompareOrdinal(left, right) < 0 ? (left, right) : (right, left);
        if (!_bars.Exists(b => b.One == one && b.Other == other)) _bars.Add(new MergeBar(one, other, DateTimeOffset.UnixEpoch));
    }

    private bool IsBarred(string source, string target) => _bars.Exists(b =>
        (Root(b.One) == source && Root(b.Other) == target) || (Root(b.Other) == source && Root(b.One) == target));

    private bool LeadsTo(string id, string target) => id == target || (_merges.TryGetValue(id, out var up) && LeadsTo(up.Into, target));

    private string Root(string id)
    {
        while (_merges.TryGetValue(id, out var up)) id = up.Into;
        return id;
    }
}
