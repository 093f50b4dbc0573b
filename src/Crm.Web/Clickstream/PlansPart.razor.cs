using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Settings;

namespace Crm.Clickstream;

/// <summary>What events of a source should look like, and how often they did not; what is open is the source.</summary>
public sealed partial class PlansPart : SettingsPart
{
    private const string Example = """
        {
          "type": "object",
          "properties": {
            "properties": {
              "type": "object",
              "required": ["product_id", "price"],
              "properties": {
                "product_id": { "type": "string" },
                "price": { "type": "number", "minimum": 0 }
              }
            }
          }
        }
        """;

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private IReadOnlyList<JsonObject>? _sources;
    private IReadOnlyList<JsonObject>? _plans;
    private IReadOnlyList<JsonObject> _violations = [];
    private JsonObject? _draft;
    private JsonObject? _seen;
    private JsonObject? _deleting;
    private string? _unreadable;
    private string? _of;

    private string Source => Id.Length > 0 ? Id : (_sources is [var first, ..] ? first.Text("id") : null) ?? "";

    private JsonObject? Open => _sources?.FirstOrDefault(s => s.Text("id") == Source);

    private string Path => $"/api/v1/sources/{Uri.EscapeDataString(Source)}";

    protected override Task OnInitializedAsync() => Load();

    protected override async Task OnParametersSetAsync()
    {
        if (_sources is not null && _of != Source) await LoadPlans();
    }

    private async Task Load()
    {
        if (await Read("/api/v1/sources?limit=200") is not { } sources) return;
        _sources = sources.Items;
        if (Source.Length > 0) await LoadPlans();
    }

    private async Task LoadPlans()
    {
        if (_of != Source) _plans = null;
        _of = Source;
        var (plans, violations) = (await Read(Path + "/plan"), await Api.Get(Path + "/violations"));
        (_plans, _violations) = (plans?.Items, violations.Items);
    }

    private async Task Keep(JsonObject source, string? what)
    {
        await Act(() => Send("PATCH", Path, new JsonObject { ["planViolations"] = what }, source), T["settings.saved"]);
        await Load();
    }

    private void Edit(JsonObject? plan)
    {
        Forget();
        (_seen, _unreadable) = (plan, null);
        _draft = new JsonObject { ["event"] = plan.Text("event"), ["schema"] = plan is null ? Example : plan["schema"]?.ToJsonString(s_indented) };
    }

    private async Task LookAgain()
    {
        if (await Api.Get($"{Path}/plan/{Uri.EscapeDataString(_seen.Text("event") ?? "")}") is { Is: true } now) Edit(now.Object);
    }

    private void Ask(JsonObject plan)
    {
        Forget();
        _deleting = plan;
    }

    private async Task Save()
    {
        JsonNode? schema;
        _unreadable = null;
        try
        {
            schema = JsonNode.Parse(_draft.Text("schema") ?? "");
        }
        catch (JsonException wrong)
        {
            _unreadable = T["settings.plans.unreadable", (wrong.LineNumber ?? 0) + 1];
            return;
        }

        if (_draft.Text("event") is not { } named) return;
        if (await Do(() => Send("PUT", $"{Path}/plan/{Uri.EscapeDataString(named)}", schema, _seen), T["settings.saved"]) is not { Is: true }) return;
        _draft = null;
        await LoadPlans();
    }

    private async Task Delete()
    {
        if (await Do(() => Send("DELETE", $"{Path}/plan/{Uri.EscapeDataString(_deleting.Text("event")!)}", null, _deleting), T["settings.deleted"]) is not { Is: true }) return;
        _deleting = null;
        await LoadPlans();
    }
}
