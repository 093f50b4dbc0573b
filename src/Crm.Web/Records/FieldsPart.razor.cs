using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Settings;
using MudBlazor;

namespace Crm.Records;

/// <summary>Fields of the company's own, by kind; what is open is the kind.</summary>
public sealed partial class FieldsPart : SettingsPart
{
    private IReadOnlyList<JsonObject>? _fields;
    private JsonObject? _draft;
    private JsonObject? _deleting;
    private JsonObject? _purging;
    private long _purged;
    private bool _purges;

    private string Kind => RecordKinds.All.Contains(Id) ? Id : RecordKinds.Customer;

    private List<JsonObject> Dead => [.. _fields!.Where(f => f.Text("kind") == Kind && f["deletedAt"] is not null)];

    protected override Task OnInitializedAsync() => Load();

    private List<JsonObject> Live(string kind) => [.. _fields!.Where(f => f.Text("kind") == kind && f["deletedAt"] is null)];

    private async Task Load() => _fields = (await Read("/api/v1/fields"))?.Items ?? _fields;

    private string Type(JsonObject field)
    {
        var type = T["settings.type." + field.Text("type")];
        return field.Text("linkedKind") is { } linked ? $"{type}: {T.Kind(linked)}"
            : field.Texts("choices") is { Count: > 0 } choices ? $"{type}: {string.Join(T["settings.comma"], choices.Take(3))}{(choices.Count > 3 ? "…" : "")}" : type;
    }

    private void Begin() => _draft = new JsonObject { ["kind"] = Kind, ["type"] = "text" };

    private void Edit(JsonObject field) => _draft = (JsonObject)field.DeepClone();

    private async Task Saved()
    {
        _draft = null;
        await Load();
    }

    private async Task Delete(JsonObject field)
    {
        if (await Do(() => Api.Delete("/api/v1/fields/" + field.Text("id"))) is not { Is: true } answer) return;
        _deleting = null;
        Snackbar.Add(T.Count("settings.fields.hidden", (long)(answer.Object.Number("records") ?? 0)), Severity.Normal, bar =>
        {
            bar.Action = T["undo"];
            bar.OnClick = _ => InvokeAsync(() => Restore(field));
        });
        await Load();
    }

    private async Task Restore(JsonObject field)
    {
        if (await Act(() => Api.Post($"/api/v1/fields/{field.Text("id")}/restore"))) await Load();
        StateHasChanged();
    }

    // Each call takes the values out of some records: as many calls as it takes.
    private async Task Purge(JsonObject field)
    {
        (_purges, _purged) = (true, 0);
        try
        {
            while (_purging is not null)
            {
                if (await Do(() => Api.Post($"/api/v1/fields/{field.Text("id")}/purge")) is not { Is: true } answer) return;
                _purged += (long)(answer.Object.Number("purged") ?? 0);
                if (answer.Object.Text("left") != "true") break;
                StateHasChanged();
            }
        }
        finally
        {
            _purges = false;
        }

        _purging = null;
        await Load();
    }

    private void StopPurge()
    {
        _purging = null;
        Forget();
    }
}
