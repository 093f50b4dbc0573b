namespace Crm.Replay;

/// <summary>One event to send.</summary>
/// <param name="Index">Its place in the replay, from 0, the same in every run over the same file.</param>
/// <param name="Customer">Whom it is about: events of one customer are sent in order.</param>
/// <param name="Json">The element of the batch.</param>
internal readonly record struct ReplayEvent(long Index, string Customer, byte[] Json);

/// <summary>What of the file cannot be sent, counted, with the first cases in words.</summary>
internal sealed class ReplayProblems
{
    /// <summary>Enough to see what is wrong; a broken file would fill the screen.</summary>
    public const int MaxShown = 10;

    private readonly List<string> _shown = [];

    /// <summary>How many were refused.</summary>
    public long Count { get; private set; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<string> Shown => _shown;

    public void Add(string problem)
    {
        Count++;
        if (_shown.Count < MaxShown) _shown.Add(problem);
    }
}
