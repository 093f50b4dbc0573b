using System.Text.Json.Nodes;
using Crm.Calls;
using Microsoft.JSInterop;

namespace Crm.Records;

/// <summary>The rows in view are read again while somebody sees them: what customers do, and what others change, shows where it stands.</summary>
public sealed partial class RecordList
{
    private const int LookMs = 3_000;

    /// <summary>Of ids in one question, below what a filter may have; a screen of the longest ids is looked at in part.</summary>
    private const int MostLetters = 3_500;

    private int _turn;

    /// <summary>Looks at some rows again, by their ids.</summary>
    [JSInvokable]
    public async Task Look(string[] ids)
    {
        if (_rows is null || _cell.Id is not null || work.IsBusy) return;
        var (turn, asked) = (_turn, _asked);
        var letters = 0;
        var looked = ids.Where(id => (letters += id.Length + 4) < MostLetters).ToHashSet();
        if (looked.Count == 0) return;
        try
        {
            var answer = await api.Get(RowsPath + "&filter=" + Uri.EscapeDataString(RecordPaths.IsOneOf("id", looked)), _gone.Token);

            // What was edited meanwhile is newer than the answer.
            if (!answer.Is || turn != _turn || asked != _asked || _cell.Id is not null) return;
            var now = answer.Items.ToDictionary(r => r.Text("id")!);
            var moved = false;
            foreach (var row in _rows)
            {
                if (!now.TryGetValue(row.Text("id")!, out var fresh) || JsonNode.DeepEquals(row, fresh)) continue;
                Put(row, fresh);
                moved = true;
            }

            if (moved) StateHasChanged();
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
    }

    // The same row, so that the cell that has the focus keeps it.
    private static void Put(JsonObject row, JsonObject now)
    {
        row.Clear();
        foreach (var (member, held) in now) row[member] = held?.DeepClone();
    }
}
