using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>The storage as grains meet it: every operation is a message of the world, with the faults of its scenario.</summary>
internal sealed partial class FaultyStorage(World world) : ICustomerStore, IPartitionStore, IMergeLedger, IUnmerging, IEventLog, ILogInfo
{
    private readonly IStorage _inner = world.Storage;

    public int Partitions => _inner.Info.Partitions;

    public Task<StoredCustomer> Read(string id, CancellationToken stop = default) =>
        world.Read($"read {id}", () => _inner.Customers.Read(id, CancellationToken.None), stop, world.IsIll(id));

    public Task<bool> Write(CustomerWrite write, CancellationToken stop = default) => world.Write(
        $"write {write.Id} over {write.ExpectedVersion}",
        () => world.Rules.Write(_inner.Customers, write with { DueAt = world.Apart(write.DueAt) }),
        stop,
        () => new StoreUnavailableException(),
        world.IsIll(write.Id));

    public Task<IReadOnlyList<MessagePage>> ReadPages(MessagePageRange range, CancellationToken stop = default) => world.Read(
        $"read pages {range.First}+{range.Count} of {range.Owner}",
        () => world.Rules.ReadPages(_inner.Customers, range),
        stop,
        world.IsIll(range.Owner));

    public Task<EraseOutcome> Erase(CustomerErasure erasure, CancellationToken stop = default) =>
        world.Write($"erase {erasure.Id} over {erasure.ExpectedVersion}", () => _inner.Customers.Erase(erasure, CancellationToken.None), stop);

    public Task<MergeEntry?> Decide(string source, string target, string reason, string? askedBy = null, CancellationToken stop = default)
    {
        world.Judge.JudgeQuestion(source, target);
        return world.Write($"decide {source} into {target}", () => world.Rules.Decide(_inner.Ledger, source, target, reason, askedBy), stop);
    }

    public Task<ReplayResult> Replay(IReadOnlyList<LaneSpan> spans, Action<BehaviourEvent> take, CancellationToken stop = default) => world.Read(
        $"replay {string.Join(' ', spans.Select(s => $"{s.Lane} {s.After}-{s.UpTo}"))}",
        () => world.Rules.Replay(_inner.Unmerging, spans, take),
        stop);

    public Task<bool> Split(CustomerSplit split, CancellationToken stop = default) => world.Write(
        $"split {split.Source.Id} over {split.Source.ExpectedVersion} from {split.Root.Id} over {split.Root.ExpectedVersion}",
        () => world.Rules.Split(_inner.Unmerging, split with
        {
            Root = split.Root with { DueAt = world.Apart(split.Root.DueAt) },
            Source = split.Source with { DueAt = world.Apart(split.Source.DueAt) },
        }),
        stop,
        () => new StoreUnavailableException(),
        world.IsIll(split.Root.Id));

    public Task<IReadOnlyList<MergeBar>> Bars(string customer, int max, CancellationToken stop = default) =>
        _inner.Unmerging.Bars(customer, max, stop);

    public Task<bool> Lift(string customer, string source, CancellationToken stop = default) => _inner.Unmerging.Lift(customer, source, stop);

    public Task<MergeEntry?> Find(string source, CancellationToken stop = default) =>
        world.Read($"find {source}", () => _inner.Ledger.Find(source, CancellationToken.None), stop);

    public Task<IReadOnlyList<MergeEntry>> Into(string target, int max, CancellationToken stop = default) =>
        world.Read($"into {target}", () => _inner.Ledger.Into(target, max, CancellationToken.None), stop);

    public Task<PartitionState> Load(int partition, CancellationToken stop = default) =>
        world.Read($"load {partition}", () => _inner.Partitions.Load(partition, CancellationToken.None), stop);

    public Task<long> Advance(
        int partition, long checkpoint, IReadOnlyCollection<ParkedEvent> parked, IReadOnlyCollection<LaneMerge> merging,
        CancellationToken stop = default)
    {
        ParkedEvent[] aside = [.. parked];
        return world.Write(
            $"advance {partition} to {checkpoint}, aside {string.Join(' ', aside.Select(p => $"{p.Lane}/{p.Event.Seq}"))}, merging {string.Join(' ', merging)}",
            () =>
            {
                world.Judge.JudgeCheckpoint(partition, checkpoint, aside);
                return _inner.Partitions.Advance(partition, checkpoint, aside, merging, CancellationToken.None);
            },
            stop);
    }

    public Task<IReadOnlyList<LaneEvent>> ReadParked(int partition, string lane, int max, CancellationToken stop = default) =>
        world.Read($"read parked {lane}", () => _inner.Partitions.ReadParked(partition, lane, max, CancellationToken.None), stop);

    public Task<bool> Unpark(int partition, string lane, long upTo, CancellationToken stop = default) =>
        world.Write($"unpark {lane} to {upTo}", () => _inner.Partitions.Unpark(partition, lane, upTo, CancellationToken.None), stop);

    public Task<long> ProjectHistory(int partition, int maxEvents, CancellationToken stop = default) =>
        world.Write($"history {partition}", () => _inner.Partitions.ProjectHistory(partition, maxEvents, CancellationToken.None), stop);

    public Task<IReadOnlyList<string>> Due(int partition, DateTimeOffset now, int max, CancellationToken stop = default) =>
        world.Read($"due {partition}", () => _inner.Partitions.Due(partition, now, max, CancellationToken.None), stop);

    public Task<string> Identity(CancellationToken stop = default) => world.Read("identity", () => _inner.Log.Identity(CancellationToken.None), stop);

    public Task<long> Head(int partition, CancellationToken stop = default) =>
        world.Read($"head {partition}", () => _inner.Log.Head(partition, CancellationToken.None), stop);

    public Task<IReadOnlyList<LogBlock>> Read(int partition, long after, int maxEvents, CancellationToken stop = default) =>
        world.Read($"log {partition} above {after}", () => _inner.Log.Read(partition, after, maxEvents, CancellationToken.None), stop);
}
