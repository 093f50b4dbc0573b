namespace Crm.Clickstream;

/// <summary>Lets few partitions of a silo project history at once: it may lag, and must not crowd out delivery.</summary>
internal sealed class HistoryGate : IDisposable
{
    /// <summary>One transaction copies while another is being made ready; more would only compete for the same disk.</summary>
    private const int AtOnce = 2;

    private readonly SemaphoreSlim _turns = new(AtOnce);

    public async Task<IDisposable> Enter(CancellationToken stop)
    {
        await _turns.WaitAsync(stop);
        return new Turn(_turns);
    }

    public void Dispose() => _turns.Dispose();

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        public void Dispose() => turns.Release();
    }
}
