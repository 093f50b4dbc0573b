using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Shell;
using Microsoft.JSInterop;

namespace Crm.Records;

/// <summary>Cells that are edited where they stand: by a double click, or Enter.</summary>
public sealed partial class RecordList
{
    private readonly Script _grid = new(js, "grid");
    private (string? Id, string Field) _cell;
    private JsonNode? _cellValue;
    private string? _cellError;
    private bool _opens;
    private string _currency = "EUR";

    /// <summary>Somebody wants to edit a cell.</summary>
    [JSInvokable]
    public async Task EditCell(string id, string field)
    {
        if (_rows?.Find(r => r.Text("id") == id) is not { } row || _shown?.Rule(field) is not { } rule || !MayEdit(row, rule)) return;
        if (rule.Field.Type == FieldType.Money && await api.Get("/api/v1/settings/company", _gone.Token) is { Is: true } company) _currency = company.Object.Text("baseCurrency") ?? _currency;
        (_cell, _cellValue, _cellError, _opens) = ((id, field), null, null, true);
        StateHasChanged();
    }

    private bool MayEdit(JsonObject row, FieldRule rule) =>
        me.MayEdit(Kind.Name, rule) && rule.Field.Name is not ("pipeline" or "stage") && rule.Field.Type is not (FieldType.Part or FieldType.Html) && me.May(RecordAction.Edit, Kind.Name, row);

    private string RowClass(JsonObject row) =>
        $"{(row.Text("id") == _fresh ? "fresh" : "")} {(IsChosen(row) ? "chosen" : "")} {(Kind == RecordKind.ToDo && row.Text("status") == "done" ? "struck" : "")}".Trim();

    // It shows at once, and the cell opens again with what was typed when it is refused.
    private async Task SaveCell(JsonObject row, FieldRule rule, JsonNode? value)
    {
        var (cell, before, name) = (_cell, (JsonObject)row.DeepClone(), rule.Field.Name);
        CloseCell();
        if (JsonNode.DeepEquals(FieldText.Of(before, name), value))
        {
            await Leave(cell);
            return;
        }

        _turn++;
        RecordBody.Put(row, name, value);
        await Leave(cell);
        var (answer, now) = await FieldEdit.Send(api, _shown!, before, name, value);
        _turn++;
        Put(row, now);
        if (answer.Is) return;
        (_cell, _cellValue, _opens) = (cell, value?.DeepClone(), true);
        _cellError = answer.IsStale ? T["record.stale"] : answer.Errors.GetValueOrDefault(name) is { } wrong ? T.FieldError(wrong) : T.Problem(answer);
    }

    private void CloseCell() => (_cell, _cellValue, _cellError) = ((null, ""), null, null);

    private async Task Leave((string? Id, string Field) cell)
    {
        if (cell.Id is not null) await _grid.Tell("leave", cell.Id, cell.Field);
    }
}
