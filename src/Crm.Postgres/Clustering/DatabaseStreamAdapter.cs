using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Crm.Clustering;

/// <summary>
/// What the Orleans streams over the database have in common: a delivery is only a hint to whoever reads the database, so nothing is
/// acknowledged, and nothing is rewound.
/// </summary>
/// <param name="services">Of the process.</param>
/// <param name="name">The stream provider's.</param>
/// <param name="mapper">The queues.</param>
internal abstract class DatabaseStreamAdapter(IServiceProvider services, string name, IStreamQueueMapper mapper) : IQueueAdapterFactory, IQueueAdapter
{
    /// <summary>Deliveries an agent's cache may hold. Grains never make an agent wait, so that it is nearly empty; were it not, these bound its memory.</summary>
    private const int CachedDeliveries = 64;

    private readonly SimpleQueueAdapterCache _cache = new(new SimpleQueueCacheOptions { CacheSize = CachedDeliveries }, name, services.GetRequiredService<ILoggerFactory>());

    public string Name => name;

    public bool IsRewindable => false;

    public abstract StreamProviderDirection Direction { get; }

    protected IServiceProvider Services => services;

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => _cache;

    public IStreamQueueMapper GetStreamQueueMapper() => mapper;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    public abstract Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext);

    public abstract IQueueAdapterReceiver CreateReceiver(QueueId queueId);
}
