using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Crm.Segments;

/// <summary>Numbers what is new, and reads it. It begins with the last that there is, so that whoever follows looks whether it missed some.</summary>
internal sealed class SegmentStreamReceiver(ISegmentNews news) : IQueueAdapterReceiver
{
    private const int Most = 500;

    private static readonly StreamId s_stream = StreamId.Create(SegmentStream.Namespace, 0);

    private long? _told;

    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount)
    {
        var last = await news.Number();
        _told ??= last - 1;
        var items = await news.After(_told.Value, Most);
        if (items.Count == 0) return [];
        _told = items[^1].Number;
        return [new SegmentNewsBatch(s_stream, [.. items])];
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;
}

/// <summary>What one delivery carries.</summary>
[GenerateSerializer, Immutable, Alias("crm.segment-news-batch")]
internal sealed class SegmentNewsBatch(StreamId streamId, SegmentNewsItem[] items) : IBatchContainer
{
    [Id(0)]
    private readonly SegmentNewsItem[] _items = items;

    [Id(1)]
    public StreamId StreamId { get; } = streamId;

    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(_items[0].Number);

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        _items.OfType<T>().Zip(_items, (item, of) => Tuple.Create(item, (StreamSequenceToken)new EventSequenceTokenV2(of.Number)));

    public bool ImportRequestContext() => false;
}
