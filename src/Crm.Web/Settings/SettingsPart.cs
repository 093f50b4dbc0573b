using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Language;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Crm.Settings;

/// <summary>What the sections of the settings, and the forms within them, have in common: asking, being refused, and saying so.</summary>
public abstract class SettingsPart : ComponentBase
{
    private static readonly Dictionary<string, string> s_none = [];

    private IReadOnlyDictionary<string, string> _errors = s_none;

    [Inject]
    protected Api Api { get; set; } = null!;

    [Inject]
    protected Texts T { get; set; } = null!;

    [Inject]
    protected Formats Format { get; set; } = null!;

    [Inject]
    protected Me Me { get; set; } = null!;

    [Inject]
    protected NavigationManager Navigation { get; set; } = null!;

    [Inject]
    protected ISnackbar Snackbar { get; set; } = null!;

    [Inject]
    protected TimeProvider Clock { get; set; } = null!;

    /// <summary>The section's key.</summary>
    [Parameter]
    public string Section { get; set; } = "";

    /// <summary>What of the section is open; empty for nothing.</summary>
    [Parameter]
    public string Id { get; set; } = "";

    /// <summary>Something is asked and not yet answered.</summary>
    protected bool Busy { get; private set; }

    /// <summary>Why the last thing was refused; null when it was not.</summary>
    protected string? Refused { get; set; }

    /// <summary>It was refused because somebody changed it meanwhile.</summary>
    protected bool IsStale { get; private set; }

    /// <summary>Why the section cannot be shown; null when it can.</summary>
    protected string? Missing { get; set; }

    /// <summary>What is wrong with a field.</summary>
    protected string? Error(string name) => _errors.GetValueOrDefault(name);

    /// <summary>Asks for what is shown; null, and why, when it does not come.</summary>
    protected async Task<ApiAnswer?> Read(string path)
    {
        var answer = await Api.Get(path);
        Missing = answer.Is ? null : Why(answer);
        return answer.Is ? answer : null;
    }

    /// <summary>Does something, once at a time; says when it is done, keeps why when it is refused.</summary>
    protected async Task<ApiAnswer?> Do(Func<Task<ApiAnswer>> ask, string? done = null)
    {
        ArgumentNullException.ThrowIfNull(ask);
        if (Busy) return null;
        Forget();
        Busy = true;
        try
        {
            var answer = await ask();
            if (!answer.Is) Refuse(answer);
            else if (done is not null) Snackbar.Add(done, Severity.Success);
            return answer;
        }
        finally
        {
            Busy = false;
        }
    }

    /// <summary>Does something that no form is open for: why it is refused is said beside the page.</summary>
    protected async Task<bool> Act(Func<Task<ApiAnswer>> ask, string? done = null)
    {
        var answer = await Do(ask, done);
        if (answer is { Is: false }) Snackbar.Add(Why(answer), Severity.Error);
        Forget();
        return answer is { Is: true };
    }

    /// <summary>Nothing is refused any more.</summary>
    protected void Forget() => (Refused, IsStale, _errors) = (null, false, s_none);

    /// <summary>Somebody else changed it, as was found by looking again.</summary>
    protected void Outrun() => (Refused, IsStale) = (T["settings.stale"], true);

    /// <summary>Opens something of the section, or closes what is open.</summary>
    protected void Go(string? id = null) => Navigation.NavigateTo($"/settings/{Section}" + (string.IsNullOrEmpty(id) ? "" : "/" + Uri.EscapeDataString(id)));

    /// <summary>A request with the version that was looked at.</summary>
    protected Task<ApiAnswer> Send(string method, string path, JsonNode? body, JsonObject? seen) => Api.Ask(new ApiRequest(method, path)
    {
        Body = body, IfMatch = seen.Text("recordVersion") is { } version ? $"\"{version}\"" : null,
    });

    /// <summary>Why it was refused, in words of the page's language where there are any.</summary>
    protected string Why(ApiAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer.Problem is { } kind && T.Has("settings.problem." + kind) ? T["settings.problem." + kind] : T.Problem(answer);
    }

    /// <summary>What of an object differs from what it was, as a merge-patch.</summary>
    protected static JsonObject Changed(JsonObject before, JsonObject after)
    {
        var changes = new JsonObject();
        foreach (var name in before.Select(f => f.Key).Union(after.Select(f => f.Key)))
            if (!JsonNode.DeepEquals(before[name], after[name])) changes[name] = after[name]?.DeepClone();
        return changes;
    }

    private void Refuse(ApiAnswer answer)
    {
        IsStale = answer.IsStale;
        _errors = answer.Errors.ToDictionary(e => e.Key, e => T.FieldError(e.Value));
        Refused = answer.IsStale ? T["settings.stale"] : _errors.Count > 0 ? T["form.wrong"] : Why(answer);
    }
}
