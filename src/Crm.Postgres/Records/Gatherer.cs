using System.Threading.Channels;

namespace Crm;

/// <summary>How much a <see cref="Gatherer{TAsk, TAnswer}"/> puts into one batch, and how much may wait.</summary>
/// <param name="Workers">Batches in flight; each uses one connection.</param>
/// <param name="Waiting">Asks that may wait; beyond, a caller waits to ask.</param>
/// <param name="BatchCount">Most asks of one batch.</param>
/// <param name="BatchWeight">Most weight of one batch; a single heavier ask goes alone.</param>
internal sealed record GatherLimits(int Workers, int Waiting, int BatchCount, long BatchWeight = long.MaxValue);

/// <summary>
/// Gathers what many callers ask at the same time into few batches. A batch is whatever waits when a worker gets free, so a lone
/// ask is never delayed. A key is at most once in a batch: a second ask of the same key goes into the worker's next one.
/// </summary>
internal sealed class Gatherer<TAsk, TAnswer> : IAsyncDisposable
{
    private readonly Channel<Ask> _waiting;
    private readonly GatherLimits _limits;
    private readonly Func<TAsk, string> _key;
    private readonly Func<TAsk, long> _weight;
    private readonly Func<IReadOnlyList<TAsk>, Task<IReadOnlyList<TAnswer>>> _run;
    private readonly Lazy<Task> _workers;

    public Gatherer(
        GatherLimits limits, Func<TAsk, string> key, Func<TAsk, long> weight, Func<IReadOnlyList<TAsk>, Task<IReadOnlyList<TAnswer>>> run)
    {
        (_limits, _key, _weight, _run) = (limits, key, weight, run);
        _waiting = Channel.CreateBounded<Ask>(limits.Waiting);
        _workers = new Lazy<Task>(() => Task.WhenAll(Enumerable.Range(0, limits.Workers).Select(_ => Task.Run(Work))));
    }

    /// <summary>Asks. A caller that stops waiting does not stop its batch.</summary>
    public async Task<TAnswer> Run(TAsk asked, CancellationToken stop)
    {
        _ = _workers.Value;
        var ask = new Ask(asked);
        if (!_waiting.Writer.TryWrite(ask)) await _waiting.Writer.WriteAsync(ask, stop);
        return await ask.Answer.Task.WaitAsync(stop);
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        if (_workers.IsValueCreated) await _workers.Value;
    }

    private async Task Work()
    {
        var batch = new List<Ask>();
        var keys = new HashSet<string>();
        Ask? left = null;
        while (left is not null || await _waiting.Reader.WaitToReadAsync())
        {
            var weight = 0L;
            while (batch.Count < _limits.BatchCount && (left is not null || _waiting.Reader.TryRead(out left)))
            {
                weight += _weight(left.Asked);
                if ((batch.Count > 0 && weight > _limits.BatchWeight) || !keys.Add(_key(left.Asked))) break;
                batch.Add(left);
                left = null;
            }

            if (batch.Count > 0) await Answer(batch);
            batch.Clear();
            keys.Clear();
        }
    }

    private async Task Answer(List<Ask> batch)
    {
        try
        {
            var answers = await _run([.. batch.Select(a => a.Asked)]);
            for (var i = 0; i < batch.Count; i++) batch[i].Answer.SetResult(answers[i]);
        }
        catch (Exception failure)
        {
            foreach (var ask in batch) ask.Answer.TrySetException(failure);
        }
    }

    private sealed class Ask(TAsk asked)
    {
        public TAsk Asked => asked;

        public TaskCompletionSource<TAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
