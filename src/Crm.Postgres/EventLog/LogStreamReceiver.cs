using System.Globalization;
using Orleans.Runtime;
using Orleans.Streams;

namespace Crm.Clickstream;

/// <summary>Follows one partition for its pulling agent. It waits for the tail's signal instead of polling.</summary>
internal sealed class LogStreamReceiver(int partition, ILogTail tail, IPartitionStore store) : IQueueAdapterReceiver
{
    /// <summary>Longest wait in one pull: it bounds how long a stopping agent is waited for.</summary>
    private static readonly TimeSpan PullWait = TimeSpan.FromMilliseconds(500);

    /// <summary>Blocks of one delivery.</summary>
    private const int MaxBlocks = 256;

    private readonly StreamId _stream = StreamId.Create(Partitioning.StreamNamespace, partition.ToString(CultureInfo.InvariantCulture));
    private readonly CancellationTokenSource _stop = new();
    private IDisposable? _following;

    public Task Initialize(TimeSpan timeout) => Follow(_stop.Token);

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, _stop.Token);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        if (_stop.IsCancellationRequested) return [];

        // The agent initializes once; when the database was away then, this is the next try.
        if (_following is null) await Follow(cancellationToken);
        try
        {
            // The caller's token would add nothing: a wait is short, and Shutdown ends it.
            var blocks = await tail.Take(partition, MaxBlocks, PullWait, _stop.Token);
            return blocks.Count == 0 ? [] : [new LogBatch(_stream, [.. blocks])];
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public Task Shutdown(TimeSpan timeout)
    {
        _stop.Cancel();
        _following?.Dispose();
        _following = null;
        return Task.CompletedTask;
    }

    private async Task Follow(CancellationToken stop)
    {
        var state = await store.Load(partition, stop);
        _following = tail.Subscribe(partition, state.Checkpoint);
    }
}
