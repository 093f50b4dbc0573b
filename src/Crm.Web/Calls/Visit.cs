namespace Crm.Calls;

/// <summary>
/// The time in which a part of a page is shown. What was asked for within it ends with it; what is asked for afterwards, by something that
/// went on while the part was left, ends at once and as cancelled, which is no error to anybody.
/// </summary>
public sealed class Visit : IDisposable
{
    private readonly CancellationTokenSource _end = new();

    public Visit() => Token = _end.Token;

    /// <summary>Cancelled when the part is left; also good afterwards.</summary>
    public CancellationToken Token { get; }

    /// <summary>The part is left.</summary>
    public void Dispose()
    {
        if (Token.IsCancellationRequested) return;
        _end.Cancel();
        _end.Dispose();
    }
}
