using Crm.Clustering;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Crm.Segments;

/// <summary>
/// The Orleans stream of who entered and left segments: one queue with one stream, read from the database. What is delivered is news in
/// order; whoever must miss none and take none twice keeps the number up to which it is, and reads on from there.
/// </summary>
internal sealed class SegmentStreamAdapter(IServiceProvider services, string name) : DatabaseStreamAdapter(services, name, new SegmentStreamMapper())
{
    public override StreamProviderDirection Direction => StreamProviderDirection.ReadOnly;

    public static IQueueAdapterFactory Create(IServiceProvider services, string name) => new SegmentStreamAdapter(services, name);

    public override Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
        throw new NotSupportedException("Only customers enter and leave segments.");

    public override IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new SegmentStreamReceiver(Services.GetRequiredService<ISegmentNews>());
}

/// <summary>One queue.</summary>
internal sealed class SegmentStreamMapper : IConsistentRingStreamQueueMapper
{
    private static readonly QueueId s_queue = QueueId.GetQueueId(SegmentStream.Namespace, 0, uint.MaxValue / 2);

    public IEnumerable<QueueId> GetAllQueues() => [s_queue];

    public IEnumerable<QueueId> GetQueuesForRange(IRingRange range) => range.InRange(s_queue.GetUniformHashCode()) ? [s_queue] : [];

    public QueueId GetQueueForStream(StreamId streamId) => s_queue;
}
