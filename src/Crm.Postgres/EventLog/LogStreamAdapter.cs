using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Crm.Clickstream;

/// <summary>
/// The Orleans stream provider over the log. Producers append with the group commit; each pulling agent follows one partition
/// from its checkpoint. A delivery is only a hint to the partition's grain, so nothing is acknowledged here.
/// </summary>
internal sealed class LogStreamAdapter : IQueueAdapterFactory, IQueueAdapter
{
    /// <summary>
    /// Deliveries an agent's cache may hold. The grain never makes the agent wait, so that the cache is nearly empty; were it not,
    /// these bound its memory.
    /// </summary>
    private const int CachedDeliveries = 64;

    private readonly IServiceProvider _services;
    private readonly LogStreamMapper _mapper;
    private readonly SimpleQueueAdapterCache _cache;

    private LogStreamAdapter(IServiceProvider services, string name)
    {
        _services = services;
        Name = name;
        _mapper = new LogStreamMapper(services.GetRequiredService<ILogInfo>().Partitions);
        _cache = new SimpleQueueAdapterCache(
            new SimpleQueueCacheOptions { CacheSize = CachedDeliveries }, name, services.GetRequiredService<ILoggerFactory>());
    }

    public string Name { get; }

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public static IQueueAdapterFactory Create(IServiceProvider services, string name) => new LogStreamAdapter(services, name);

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => _cache;

    public IStreamQueueMapper GetStreamQueueMapper() => _mapper;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    public Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        var happened = events.OfType<BehaviourEvent>().ToArray();
        var partition = LogStreamMapper.Partition(streamId);
        var count = _mapper.GetAllQueues().Count();
        return Array.TrueForAll(happened, e => Partitioning.Of(e.Lane, count) == partition)
            ? _services.GetRequiredService<IEventLogWriter>().Append(happened)
            : throw new ArgumentException($"An event of another partition was produced to the stream of partition {partition}.", nameof(events));
    }

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new LogStreamReceiver(
        LogStreamMapper.Partition(queueId),
        _services.GetRequiredService<ILogTail>(),
        _services.GetRequiredService<IPartitionStore>());
}
