using System.Globalization;
using Orleans.Runtime;
using Orleans.Streams;

namespace Crm.Clickstream;

/// <summary>Queue i is partition i, and holds the one stream <c>clickstream/i</c>; queues are spread evenly over the silos' ring.</summary>
internal sealed class LogStreamMapper : IConsistentRingStreamQueueMapper
{
    private readonly QueueId[] _queues;

    public LogStreamMapper(int partitions)
    {
        var step = uint.MaxValue / (uint)partitions;
        _queues = [.. Enumerable.Range(0, partitions).Select(i => QueueId.GetQueueId(Partitioning.StreamNamespace, (uint)i, (uint)i * step + step / 2))];
    }

    public static int Partition(QueueId queue) => (int)queue.GetNumericId();

    public static int Partition(StreamId stream) =>
        int.Parse(stream.GetKeyAsString(), NumberStyles.None, CultureInfo.InvariantCulture);

    public IEnumerable<QueueId> GetAllQueues() => _queues;

    public IEnumerable<QueueId> GetQueuesForRange(IRingRange range) => _queues.Where(q => range.InRange(q.GetUniformHashCode()));

    public QueueId GetQueueForStream(StreamId streamId)
    {
        var partition = Partition(streamId);
        return partition < _queues.Length
            ? _queues[partition]
            : throw new ArgumentException($"The log has {_queues.Length} partitions; stream {partition} is none of them.", nameof(streamId));
    }
}
