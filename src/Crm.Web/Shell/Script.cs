using Microsoft.JSInterop;

namespace Crm.Shell;

/// <summary>
/// A file of the browser's own code, as a part of a page speaks to it. Whoever uses the page may leave that part while something is on its
/// way: then nothing more is said, and nothing is wrong.
/// </summary>
/// <param name="js">The browser.</param>
/// <param name="file">The file's name, such as <c>grid</c>.</param>
public sealed class Script(IJSRuntime js, string file) : IAsyncDisposable
{
    private Task<IJSObjectReference>? _module;
    private bool _isGone;

    /// <summary>Says something to it.</summary>
    public async ValueTask Tell(string what, params object?[] parts) => await Ask<object?>(what, parts);

    /// <summary>Asks it something; nothing when the part was left meanwhile.</summary>
    public async ValueTask<T?> Ask<T>(string what, params object?[] parts)
    {
        try
        {
            if (_isGone) return default;
            var module = await Module();
            return _isGone ? default : await module.InvokeAsync<T?>(what, parts);
        }
        catch (JSDisconnectedException)
        {
            // The browser went first.
        }
        catch (Exception left) when (_isGone && left is JSException or ObjectDisposedException or OperationCanceledException)
        {
            // What it was to be done to is not there any more.
        }

        return default;
    }

    public async ValueTask DisposeAsync()
    {
        _isGone = true;
        if (_module is not { IsCompletedSuccessfully: true } module) return;
        try
        {
            await (await module).DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser went first.
        }
    }

    // One that could not be had, of a network that was away, is asked for anew.
    private Task<IJSObjectReference> Module() => _module is null or { IsFaulted: true } or { IsCanceled: true }
        ? _module = js.InvokeAsync<IJSObjectReference>("import", $"/_content/Crm.Web/{file}.js").AsTask()
        : _module;
}
