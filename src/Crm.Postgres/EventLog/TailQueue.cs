namespace Crm.Clickstream;

/// <summary>The blocks of one followed partition between the poller, which adds, and the taker.</summary>
internal sealed class TailQueue(int partition, long after, int maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Queue<LogBlock> _blocks = new();
    private TaskCompletionSource? _arrival;
    private int _bytes;

    public int Partition => partition;

    /// <summary>The last number read. Only the poller moves it.</summary>
    public long After { get; private set; } = after;

    /// <summary>False until <see cref="After"/> stands at the end of a block.</summary>
    public bool Aligned { get; private set; }

    /// <summary>Bytes that may still be read; one more block may go beyond.</summary>
    public int Room
    {
        get
        {
            lock (_lock) return maxBytes - _bytes;
        }
    }

    public void Align(long lastOfBlockBefore)
    {
        After = lastOfBlockBefore;
        Aligned = true;
    }

    public void Add(LogBlock block)
    {
        TaskCompletionSource? arrival;
        lock (_lock)
        {
            After = block.LastSeq;
            _blocks.Enqueue(block);
            _bytes += block.Payload.Length;
            (arrival, _arrival) = (_arrival, null);
        }

        arrival?.TrySetResult();
    }

    /// <summary>Ends the wait for an arrival, although there is none.</summary>
    public void Wake()
    {
        lock (_lock) _arrival?.TrySetResult();
    }

    /// <summary>What is there, and whether the queue was too full to be read on and no longer is.</summary>
    public (IReadOnlyList<LogBlock> Blocks, bool Resumes) Take(int maxBlocks)
    {
        lock (_lock)
        {
            if (_blocks.Count == 0) return ([], false);
            var wasFull = _bytes >= maxBytes;
            var taken = new List<LogBlock>(Math.Min(maxBlocks, _blocks.Count));
            while (taken.Count < maxBlocks && _blocks.TryDequeue(out var block))
            {
                taken.Add(block);
                _bytes -= block.Payload.Length;
            }

            return (taken, wasFull && _bytes < maxBytes);
        }
    }

    /// <summary>Completes with the next block, or at once when there is one.</summary>
    public Task Arrival()
    {
        lock (_lock)
        {
            if (_blocks.Count > 0) return Task.CompletedTask;
            _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _arrival.Task;
        }
    }
}
