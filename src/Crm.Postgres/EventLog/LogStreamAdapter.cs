using Crm.Clustering;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Crm.Clickstream;

/// <summary>
/// The Orleans stream provider over the log. Producers append with the group commit; each pulling agent follows one partition
/// from its checkpoint. A delivery is only a hint to the partition's grain.
/// </summary>
internal sealed class LogStreamAdapter : DatabaseStreamAdapter
{
    private readonly LogStreamMapper _mapper;

    private LogStreamAdapter(IServiceProvider services, string name, LogStreamMapper mapper)
        : base(services, name, mapper) => _mapper = mapper;

    public override StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public static IQueueAdapterFactory Create(IServiceProvider services, string name) =>
        new LogStreamAdapter(services, name, new LogStreamMapper(services.GetRequiredService<ILogInfo>().Partitions));

    public override Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        var happened = events.OfType<BehaviourEvent>().ToArray();
        var partition = LogStreamMapper.Partition(streamId);
        var count = _mapper.GetAllQueues().Count();
        return Array.TrueForAll(happened, e => Partitioning.Of(e.Lane, count) == partition)
            ? Services.GetRequiredService<IEventLogWriter>().Append(happened)
            : throw new ArgumentException($"An event of another partition was produced to the stream of partition {partition}.", nameof(events));
    }

    public override IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new LogStreamReceiver(
        LogStreamMapper.Partition(queueId),
        Services.GetRequiredService<ILogTail>(),
        Services.GetRequiredService<IPartitionStore>());
}
