using Crm.Clickstream;

namespace Crm.Delivery;

/// <summary>Checkpoints, the side queue and the history.</summary>
internal sealed partial class MemoryStorage : IPartitionStore
{
    private readonly long[] _checkpoints = new long[World.Partitions];
    private readonly long[] _histories = new long[World.Partitions];
    private readonly SortedDictionary<(int Partition, long Seq), ParkedEvent> _parked = [];
    private readonly List<PartitionSeq> _history = [];
    private readonly LaneMerge[][] _merging = [.. Enumerable.Repeat<LaneMerge[]>([], World.Partitions)];

    public Task<PartitionState> Load(int partition, CancellationToken stop = default) => Task.FromResult(new PartitionState(
        _checkpoints[partition],
        _histories[partition],
        [.. _parked.Where(p => p.Key.Partition == partition).Select(p => p.Value.Lane).Distinct().Order(StringComparer.Ordinal)],
        _merging[partition]));

    public Task<long> Advance(
        int partition, long checkpoint, IReadOnlyCollection<ParkedEvent> parked, IReadOnlyCollection<LaneMerge> merging,
        CancellationToken stop = default)
    {
        var stored = _checkpoints[partition];
        foreach (var aside in parked.Where(p => p.Event.Seq > stored)) _parked.TryAdd((partition, aside.Event.Seq), aside);
        if (checkpoint >= stored) _merging[partition] = [.. merging.OrderBy(m => m.Lane, StringComparer.Ordinal).ThenBy(m => m.Source, StringComparer.Ordinal)];
        return Task.FromResult(_checkpoints[partition] = Math.Max(stored, checkpoint));
    }

    public Task<IReadOnlyList<LaneEvent>> ReadParked(int partition, string lane, int max, CancellationToken stop = default) =>
        Task.FromResult<IReadOnlyList<LaneEvent>>([.. Aside(partition, lane).Select(p => p.Value.Event).Take(max)]);

    public Task<bool> Unpark(int partition, string lane, long upTo, CancellationToken stop = default)
    {
        foreach (var (key, _) in Aside(partition, lane).Where(p => p.Key.Seq <= upTo).ToArray())
        {
            _parked.Remove(key);
            if (key.Seq <= _histories[partition]) Project(partition, key.Seq);
        }

        return Task.FromResult(!Aside(partition, lane).Any());
    }

    public Task<long> ProjectHistory(int partition, int maxEvents, CancellationToken stop = default)
    {
        if (Whole(partition, _histories[partition], maxEvents) is not [.., var last]) return Task.FromResult(_histories[partition]);
        var upTo = Math.Min(_checkpoints[partition], last.LastSeq);
        for (var seq = _histories[partition] + 1; seq <= upTo; seq++)
            if (!_parked.ContainsKey((partition, seq))) Project(partition, seq);
        return Task.FromResult(_histories[partition] = Math.Max(_histories[partition], upTo));
    }

    public Task<IReadOnlyList<string>> Due(int partition, DateTimeOffset now, int max, CancellationToken stop = default) =>
        Task.FromResult<IReadOnlyList<string>>([.. _rows.Values
            .Where(r => r.Partition == partition && r.DueAt <= now).OrderBy(r => r.DueAt).ThenBy(r => r.Row.Id, StringComparer.Ordinal).Take(max).Select(r => r.Row.Id)]);

    public (long Checkpoint, long History) Progress(int partition) => (_checkpoints[partition], _histories[partition]);

    public IReadOnlyList<PartitionSeq> History() => _history;

    public (int Due, int Parked) Waiting(DateTimeOffset now) => (_rows.Values.Count(r => r.DueAt <= now), _parked.Count);

    private IEnumerable<KeyValuePair<(int Partition, long Seq), ParkedEvent>> Aside(int partition, string lane) =>
        _parked.Where(p => p.Key.Partition == partition && p.Value.Lane == lane);

    private void Project(int partition, long seq)
    {
        if (!_rejects.ContainsKey((partition, seq))) _history.Add(new PartitionSeq(partition, seq));
    }
}
