using System.Buffers;
using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>What the storage contracts promise, in memory and nothing more: for the many runs.</summary>
internal sealed partial class MemoryStorage : IStorage, IEventLog, ILogInfo
{
    private readonly List<LogBlock>[] _log = [.. Enumerable.Range(0, World.Partitions).Select(_ => new List<LogBlock>())];

    public int Partitions => World.Partitions;

    public ICustomerStore Customers => this;

    IPartitionStore IStorage.Partitions => this;

    public IMergeLedger Ledger => this;

    public IEventLog Log => this;

    public ILogInfo Info => this;

    public bool TakesTogether => false;

    public void BreakConnections()
    {
        // There are none.
    }

    public void Append(IReadOnlyList<BehaviourEvent> events)
    {
        foreach (var group in events.GroupBy(e => Partitioning.Of(e.Lane, World.Partitions)))
        {
            var payload = new ArrayBufferWriter<byte>();
            foreach (var happened in group)
            {
                var packed = new ArrayBufferWriter<byte>();
                PackedEvent.Write(packed, happened);
                LogBlock.WriteEvent(payload, packed.WrittenSpan);
            }

            _log[group.Key].Add(new LogBlock(group.Key, End(group.Key) + 1, group.Count(), payload.WrittenSpan.ToArray()));
        }
    }

    public Task<string> Identity(CancellationToken stop = default) => Task.FromResult("memory");

    public Task<long> Head(int partition, CancellationToken stop = default) => Task.FromResult(End(partition));

    public Task<IReadOnlyList<LogBlock>> Read(int partition, long after, int maxEvents, CancellationToken stop = default) =>
        Task.FromResult<IReadOnlyList<LogBlock>>(Whole(partition, after, maxEvents));

    public IReadOnlyList<LogBlock> Blocks(int partition, long after) => [.. _log[partition].Where(b => b.LastSeq > after)];

    // Whole blocks, until there are as many events as were asked for.
    private List<LogBlock> Whole(int partition, long after, int maxEvents)
    {
        var blocks = new List<LogBlock>();
        foreach (var block in _log[partition].Where(b => b.LastSeq > after))
        {
            if (blocks.Sum(b => b.Count) >= maxEvents) break;
            blocks.Add(block);
        }

        return blocks;
    }

    private long End(int partition) => _log[partition] is [.., var last] ? last.LastSeq : 0;
}
