using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Records;
using Crm.Settings;
using Microsoft.AspNetCore.Components;

namespace Crm.Deals;

/// <summary>A pipeline with its stages. What is typed is saved as a whole; stages and pipelines that go take a way of their own, for their deals go elsewhere first.</summary>
public sealed partial class PipelineForm : SettingsPart
{
    private readonly JsonObject _lines = [];
    private readonly JsonObject _choice = [];
    private JsonObject _draft = [];
    private JsonObject? _requiredOf;
    private JsonObject? _removing;
    private bool _deleting;

    /// <summary>The pipeline as it was read.</summary>
    [Parameter, EditorRequired]
    public JsonObject Pipeline { get; set; } = [];

    /// <summary>All of them: where deals can go.</summary>
    [Parameter, EditorRequired]
    public IReadOnlyList<JsonObject> Pipelines { get; set; } = [];

    /// <summary>Fields of deals of the company's own.</summary>
    [Parameter, EditorRequired]
    public IReadOnlyList<JsonObject> Fields { get; set; } = [];

    [Parameter]
    public EventCallback Saved { get; set; }

    [Parameter]
    public EventCallback Look { get; set; }

    [Parameter]
    public EventCallback Deleted { get; set; }

    private IReadOnlyList<JsonObject> Stages => _draft.Parts("stages");

    private string Path => "/api/v1/pipelines/" + Pipeline.Text("id");

    // Open stages of all pipelines but those that go.
    private IEnumerable<(string, string)> Targets =>
        from pipeline in Pipelines
        where !_deleting || pipeline.Text("id") != Pipeline.Text("id")
        from stage in pipeline.Parts("stages")
        where stage.Text("type") == "open" && stage.Text("id") != _removing.Text("id")
        select (stage.Text("id")!, Pipelines.Count > 1 ? $"{pipeline.Text("name")} · {stage.Text("name")}" : stage.Text("name")!);

    protected override void OnInitialized()
    {
        _draft = (JsonObject)Pipeline.DeepClone();
        _lines["lostReasons"] = string.Join('\n', _draft.Texts("lostReasons"));
    }

    private string Label(string field) => field.StartsWith(CustomField.Prefix, StringComparison.Ordinal)
        ? Fields.FirstOrDefault(f => CustomField.Prefix + f.Text("name") == field).Text("label") ?? field
        : T.Field(RecordKinds.Deal, field);

    private void Move(int at, int by)
    {
        var stages = (JsonArray)_draft["stages"]!;
        var stage = stages[at];
        stages.RemoveAt(at);
        stages.Insert(at + by, stage);
    }

    // Before what ends a deal.
    private void Add()
    {
        var stages = (JsonArray)_draft["stages"]!;
        var last = Stages.Select((s, i) => s.Text("type") == "open" ? i : -1).Max();
        stages.Insert(last + 1, new JsonObject { ["name"] = "", ["type"] = "open", ["probability"] = 50, ["required"] = new JsonArray() });
    }

    private void Remove(JsonObject stage)
    {
        Forget();
        if (stage.Text("id") is null) ((JsonArray)_draft["stages"]!).Remove(stage);
        else _removing = stage;
    }

    private void AskDelete()
    {
        Forget();
        _deleting = true;
    }

    private void Leave()
    {
        (_removing, _deleting) = (null, false);
        Forget();
    }

    private async Task Save()
    {
        var wish = new JsonObject { ["name"] = _draft.Text("name") ?? "", ["position"] = _draft["position"]?.DeepClone() };
        wish["lostReasons"] = new JsonArray([.. (_lines.Text("lostReasons") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(r => (JsonNode)r)]);
        var stages = new JsonArray();
        foreach (var stage in Stages)
        {
            var one = (JsonObject)stage.DeepClone();
            one["name"] ??= "";
            one["probability"] ??= 0;
            if (one["id"] is null) one.Remove("id");
            stages.Add(one);
        }

        wish["stages"] = stages;
        if (await Do(() => Send("PATCH", Path, wish, Pipeline), T["settings.saved"]) is { Is: true }) await Saved.InvokeAsync();
    }

    private async Task Delete()
    {
        var to = _choice.Text("stage") is { } stage ? "?moveTo=" + Uri.EscapeDataString(stage) : "";
        var path = _removing is { } gone ? $"{Path}/stages/{gone.Text("id")}{to}" : Path + to;
        if (await Do(() => Send("DELETE", path, null, _removing is null ? Pipeline : null), T["settings.deleted"]) is not { Is: true }) return;
        var whole = _deleting;
        Leave();
        await (whole ? Deleted : Saved).InvokeAsync();
    }
}
