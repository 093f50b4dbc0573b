using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Crm.Clickstream;

/// <summary>What one delivery of the stream carries: consecutive blocks of a partition, each one item.</summary>
[GenerateSerializer, Immutable, Alias("crm.log-batch")]
internal sealed class LogBatch(StreamId streamId, LogBlock[] blocks) : IBatchContainer
{
    [Id(0)]
    private readonly LogBlock[] _blocks = blocks;

    [Id(1)]
    public StreamId StreamId { get; } = streamId;

    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(_blocks[0].FirstSeq);

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        _blocks.OfType<T>().Zip(_blocks, (item, block) => Tuple.Create(item, (StreamSequenceToken)new EventSequenceTokenV2(block.FirstSeq)));

    public bool ImportRequestContext() => false;
}
