using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Crm.Shell;

/// <summary>
/// What is being typed into a form, kept in its browser tab until it is saved or given up: a page that is opened anew, because the server
/// restarted or the session ended, has it again.
/// </summary>
/// <param name="js">The browser.</param>
/// <param name="name">What the form is for, such as <c>new company</c>.</param>
public sealed class Draft(IJSRuntime js, string name) : IAsyncDisposable
{
    private readonly Script _browser = new(js, "drafts");
    private ElementReference _form;

    /// <summary>Begins to keep what is typed; what the server knew of it before, null for nothing.</summary>
    public ValueTask<JsonObject?> Begin(ElementReference form)
    {
        _form = form;
        return _browser.Ask<JsonObject>("begin", form, name);
    }

    /// <summary>Puts what was typed into the fields that are shown now, also what no server heard.</summary>
    public ValueTask Again() => _browser.Tell("again", _form, name, false);

    /// <summary>Keeps what is known of the form.</summary>
    public ValueTask Keep(JsonObject known) => _browser.Tell("keep", name, known);

    /// <summary>It was saved, or given up.</summary>
    public ValueTask Forget() => _browser.Tell("forget", name);

    public ValueTask DisposeAsync() => _browser.DisposeAsync();
}
