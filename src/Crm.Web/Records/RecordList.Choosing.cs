using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;

namespace Crm.Records;

/// <summary>Rows that are chosen, and what is done with them; columns, as whoever looks wants them.</summary>
public sealed partial class RecordList
{
    private const int MaxColumns = 30;

    private readonly HashSet<string> _chosen = [];
    private bool _all;
    private IReadOnlyList<string> _kept = [];

    private string PreferenceName => "list." + Kind.Name;

    private bool MayChoose => me.Of(Kind.Name).Edit != RecordScope.None || me.Of(Kind.Name).Delete != RecordScope.None;

    private long ChosenCount => _all ? Math.Min(_count ?? _rows?.Count ?? 0, BulkWork.Most) : _chosen.Count;

    private bool IsChosen(JsonObject row) => _all || _chosen.Contains(row.Text("id")!);

    private void Choose(JsonObject row, bool on)
    {
        if (_all) ChooseLoaded(true);
        if (on) _chosen.Add(row.Text("id")!);
        else _chosen.Remove(row.Text("id")!);
    }

    private void ChooseLoaded(bool on)
    {
        ChooseNone();
        if (on) _chosen.UnionWith((_rows ?? []).Select(r => r.Text("id")!).Take(BulkWork.Most));
    }

    private void ChooseAll() => _all = true;

    private void ChooseNone()
    {
        _all = false;
        _chosen.Clear();
    }

    private void Change(BulkChange change)
    {
        _ = _all ? work.Start(Kind, change, Question) : work.Start(Kind, change, [.. (_rows ?? []).Where(IsChosen)]);
        ChooseNone();
    }

    // What was changed shows when all of it is.
    private void Worked()
    {
        if (work is { IsBusy: false, Change: not null } && work.Kind == Kind && _rows is not null) _ = InvokeAsync(Renewed);
    }

    private async Task Renewed()
    {
        try
        {
            await First();
            StateHasChanged();
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
    }

    private async Task ChooseColumns(IReadOnlyList<string> columns)
    {
        var isUsual = columns.SequenceEqual(_shown!.UsualColumns);
        _kept = isUsual ? [] : columns;
        Go(columns: columns);
        await preferences.Keep(PreferenceName, isUsual ? null : new JsonObject { ["columns"] = new JsonArray([.. columns.Select(c => (JsonNode)c)]) });
    }

    private IReadOnlyList<FieldRule> Columns(IEnumerable<string> names) => [.. names.Distinct().Select(_shown!.Rule).OfType<FieldRule>().Take(MaxColumns)];
}
