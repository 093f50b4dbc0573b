using Orleans.Streams;
using Orleans.Streams.Core;

namespace Crm.Segments;

/// <summary>
/// A grain that takes who entered and left segments, each exactly once and in order: what the stream delivers is a hint that there is news,
/// and what is handled is read from where the grain is. The heir stores what it does together with the number up to which it is.
/// Subscribe it with <c>[ImplicitStreamSubscription(SegmentStream.Namespace)]</c>.
/// </summary>
/// <param name="news">Where it is read.</param>
public abstract class SegmentFollower(ISegmentNews news) : Grain, IStreamSubscriptionObserver, IAsyncObserver<SegmentNewsItem>
{
    private const int Most = 500;

    private long? _number;

    /// <summary>The number up to which all is done, as it is stored.</summary>
    protected abstract Task<long> Position();

    /// <summary>Does what is to be done, and stores with it that it is done up to the last of these, in one step.</summary>
    protected abstract Task Handle(IReadOnlyList<SegmentNewsItem> items);

    /// <inheritdoc/>
    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        ArgumentNullException.ThrowIfNull(handleFactory);
        await handleFactory.Create<SegmentNewsItem>().ResumeAsync(this);
    }

    /// <inheritdoc/>
    public async Task OnNextAsync(SegmentNewsItem item, StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (item.Number <= _number) return;
        try
        {
            _number ??= await Position();
            while (await news.After(_number.Value, Most) is { Count: > 0 } items)
            {
                await Handle(items);
                _number = items[^1].Number;
            }
        }
        catch
        {
            // Whether it was stored is not known: it is read again.
            _number = null;
            throw;
        }
    }

    /// <inheritdoc/>
    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
