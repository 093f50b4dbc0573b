namespace Crm.Calls;

/// <summary>The search for what was typed last: as it begins, the one before ends, so that a late answer never stands over a newer one.</summary>
public sealed class LatestSearch : IDisposable
{
    private Visit _search = new();

    /// <summary>Begins a search; what ends it when more is typed or the page is left.</summary>
    public CancellationToken Begin()
    {
        _search.Dispose();
        _search = new Visit();
        return _search.Token;
    }

    public void Dispose() => _search.Dispose();
}
