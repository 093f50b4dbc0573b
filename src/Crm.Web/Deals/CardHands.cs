using Crm.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Crm.Deals;

/// <summary>
/// Cards that lie in places of a page and are pulled from one to another, by hand or by keys (<c>board.js</c>). The page is told by its
/// methods <c>Drop</c> and <c>Step</c>, and asked to <c>Look</c> again where it wants to be.
/// </summary>
internal sealed class CardHands<TPage>(IJSRuntime js, TPage page) : IAsyncDisposable
    where TPage : class
{
    private readonly DotNetObjectReference<TPage> _page = DotNetObjectReference.Create(page);
    private readonly Script _script = new(js, "board");
    private string? _watched;
    private string? _reach;
    private IJSObjectReference? _hands;
    private bool _isGone;

    /// <summary>The card keeps the focus once it is drawn where it went.</summary>
    public void Reach(string card) => _reach = card;

    /// <summary>After the page was drawn.</summary>
    /// <param name="frame">What holds the places; null while nothing does.</param>
    /// <param name="lookMs">How often the page looks again; 0 for never.</param>
    public async Task Drawn(ElementReference? frame, int lookMs = 0)
    {
        if (frame is { } held && _watched != held.Id)
        {
            _watched = held.Id;
            await Stop();
            _hands = await _script.Ask<IJSObjectReference>("start", held, _page, lookMs);
            if (_isGone) await Stop();
        }

        if (_reach is not { } reach || _hands is null) return;
        _reach = null;
        await _hands.InvokeVoidAsync("focus", reach);
    }

    public async ValueTask DisposeAsync()
    {
        _isGone = true;
        await Stop();
        await _script.DisposeAsync();
        _page.Dispose();
    }

    private async ValueTask Stop()
    {
        var hands = _hands;
        _hands = null;
        try
        {
            if (hands is null) return;
            await hands.InvokeVoidAsync("stop");
            await hands.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser went first.
        }
    }
}
