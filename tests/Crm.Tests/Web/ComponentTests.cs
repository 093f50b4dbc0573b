using System.Text.Json.Nodes;
using Bunit;
using Bunit.TestDoubles;
using Crm.Calls;
using Crm.Language;
using Crm.Records;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor.Services;
using Xunit;

namespace Crm.Web;

/// <summary>Components alone, with an API that answers what a test says.</summary>
public abstract class ComponentTests : BunitContext, IAsyncLifetime
{
    private protected ScriptedDoor Door { get; } = new();

    protected ComponentTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices(mud => mud.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddSingleton<TimeProvider>(TimeProvider.System).AddSingleton<IApiDoor>(Door);
        Services.AddScoped<Texts>().AddScoped<Formats>().AddScoped<Api>().AddScoped<Me>();
        this.AddAuthorization().SetAuthorized("root");
        Door.Say("/api/v1/me", new JsonObject { ["id"] = "usr_1", ["name"] = "Root", ["administers"] = true });
        Door.Say("/api/v1/fields", new JsonObject { ["items"] = new JsonArray() });
    }

    private protected Texts T => Services.GetRequiredService<Texts>();

    private protected Task<KindShown> Shown(string kind) => KindShown.Load(Services.GetRequiredService<Api>(), Services.GetRequiredService<Me>(), kind);

    private protected static FieldRule Rule(RecordKind kind, string field) => kind.Rules.Single(r => r.Field.Name == field);

    public Task InitializeAsync() => Task.CompletedTask;

    // Services of MudBlazor can only be disposed so.
    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();
}

/// <summary>An API that answers what it was told to, by the beginning of the path; and knows what it was asked.</summary>
internal sealed class ScriptedDoor : IApiDoor
{
    private readonly List<(string Path, Func<ApiRequest, ApiAnswer> Answer)> _script = [];

    public List<ApiRequest> Asked { get; } = [];

    public void Say(string path, JsonNode json, int status = 200) => _script.Insert(0, (path, _ => new ApiAnswer(status, json.DeepClone())));

    public Task<ApiAnswer> Ask(ApiRequest request, CancellationToken stop)
    {
        Asked.Add(request);
        var (_, answer) = _script.FirstOrDefault(s => request.Path.StartsWith(s.Path, StringComparison.Ordinal));
        return Task.FromResult(answer?.Invoke(request) ?? new ApiAnswer(404, null));
    }
}
