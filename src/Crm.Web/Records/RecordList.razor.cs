using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Language;
using Crm.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Crm.Records;

/// <summary>Any kind of record as a list: found, filtered, sorted, with columns of one's choice, all of it in the address.</summary>
public sealed partial class RecordList(
    Api api, Me me, Texts texts, NavigationManager navigation, IJSRuntime js, Preferences preferences, BulkWork work)
{
    private const int RowHeight = 40;
    private const int PageSize = 100;

    /// <summary>Rows that stay in the page: more of them are for a filter to find.</summary>
    private const int MaxRows = 20_000;

    private readonly Visit _gone = new();
    private readonly Script _browser = new(js, "crm-ui");
    private KindShown? _shown;
    private IReadOnlyList<Condition> _conditions = [];
    private IReadOnlyList<FieldRule> _columns = [];
    private List<JsonObject>? _rows;
    private string? _next;
    private long? _count;
    private string? _problem;
    private string? _asked;
    private string? _fresh;
    private bool _making;
    private bool _loading;
    private ElementReference _frame;
    private ElementReference? _watched;
    private DotNetObjectReference<RecordList>? _self;

    [Parameter, EditorRequired]
    public RecordKind Kind { get; set; } = null!;

    [SupplyParameterFromQuery]
    public string? Q { get; set; }

    [SupplyParameterFromQuery(Name = "f")]
    public string[]? F { get; set; }

    [SupplyParameterFromQuery]
    public string? Sort { get; set; }

    [SupplyParameterFromQuery]
    public string? Cols { get; set; }

    [SupplyParameterFromQuery]
    public bool? New { get; set; }

    private Texts T => texts;

    private Me Me => me;

    private bool IsFiltered => !string.IsNullOrEmpty(Q) || _conditions.Count > 0;

    private string ExportPath => $"/api/v1/{Kind.Plural}/export?format=csv{Question}";

    // What happened is read from the last on, also where it was written down later.
    private string? Order => !string.IsNullOrEmpty(Sort) ? Sort : Kind == RecordKind.Activity && string.IsNullOrEmpty(Q) ? "-at" : null;

    private string Question
    {
        get
        {
            var filter = string.Join(" and ", _conditions.Select(c => c.Write(_shown!)));
            return (string.IsNullOrEmpty(Q) ? "" : "&q=" + Uri.EscapeDataString(Q)) + (filter.Length == 0 ? "" : "&filter=" + Uri.EscapeDataString(filter))
                + (Order is { } order ? "&sort=" + Uri.EscapeDataString(order) : "");
        }
    }

    protected override void OnInitialized() => work.Changed += Worked;

    protected override async Task OnParametersSetAsync()
    {
        if (_shown is null)
        {
            var shown = await KindShown.Load(api, me, Kind.Name, _gone.Token);
            _kept = (await preferences.Get(PreferenceName)).Texts("columns");
            texts.Name(shown.ChoiceNames);
            _shown = shown;
        }

        _conditions = [.. (F ?? []).Take(20).Select(f => Condition.Read(f, _shown))];
        _columns = Columns(string.IsNullOrEmpty(Cols) ? _kept : Cols.Split(','));
        if (_columns.Count == 0) _columns = Columns(_shown.UsualColumns);
        if (New is true && me.Of(Kind.Name).Create) _making = true;
        var asked = Question;
        if (asked == _asked && _rows is not null) return;
        _asked = asked;
        ChooseNone();
        await First();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_opens)
        {
            _opens = false;
            await _grid.Tell("enter");
        }

        if (_rows is null || _watched?.Id == _frame.Id) return;
        _watched = _frame;
        _self ??= DotNetObjectReference.Create(this);
        await _browser.Tell("scrolled", _frame, _self, 2 * PageSize * RowHeight);
        await _grid.Tell("watch", _frame, _self);
        await _grid.Tell("look", _frame, _self, LookMs);
    }

    /// <summary>The end of what is loaded comes near.</summary>
    [JSInvokable]
    public async Task Near()
    {
        if (_loading || _next is null || _rows is null || _rows.Count >= MaxRows) return;
        _loading = true;
        var asked = _asked;
        try
        {
            var answer = await Ask($"&cursor={Uri.EscapeDataString(_next)}");
            if (!answer.Is || asked != _asked) return;
            Take(answer);
            StateHasChanged();
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
        finally
        {
            _loading = false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        work.Changed -= Worked;

        // All of it hears that the page was left before anything is waited for.
        _gone.Dispose();
        await Task.WhenAll(_browser.DisposeAsync().AsTask(), _grid.DisposeAsync().AsTask());
        _self?.Dispose();
    }

    private async Task First()
    {
        var asked = _asked;
        _problem = null;
        var answer = await Ask("");
        if (asked != _asked) return;
        if (!answer.Is)
        {
            _problem = T.Problem(answer);
            return;
        }

        (_rows, _count) = ([], null);
        Take(answer);
        _ = Count(asked!);
    }

    // Behind the rows: of millions it takes longer than they do.
    private async Task Count(string asked)
    {
        try
        {
            var answer = await api.Get($"/api/v1/{Kind.Plural}?limit=1&fields=id&count=true{Question}", _gone.Token);
            if (asked != _asked || !answer.Is) return;
            _count = (long?)answer.Object.Number("count");
            await InvokeAsync(StateHasChanged);
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
    }

    private string RowsPath
    {
        get
        {
            var expand = string.Join(',', _columns.Where(c => c.Field.Type is FieldType.User or FieldType.Link).Select(c => c.Field.Name).Take(RecordPaths.MostExpanded));
            return $"/api/v1/{Kind.Plural}?limit={PageSize}{(expand.Length == 0 ? "" : "&expand=" + Uri.EscapeDataString(expand))}";
        }
    }

    private Task<ApiAnswer> Ask(string more) => api.Get(RowsPath + Question + more, _gone.Token);

    private void Take(ApiAnswer answer)
    {
        // A new list, so that what shows it sees that it is another.
        _rows = [.. _rows ?? [], .. answer.Items];
        _next = answer.Object.Text("next");
    }

    private async Task Reload()
    {
        _rows = null;
        await First();
    }

    private void Go(string? q = null, IReadOnlyList<Condition>? conditions = null, IReadOnlyList<string>? columns = null, string? sort = null)
    {
        var f = (conditions ?? _conditions).Select(c => c.Address(_shown!)).ToArray();
        navigation.NavigateTo(navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            ["q"] = (q ?? Q) is { Length: > 0 } words ? words : null,
            ["f"] = f.Length == 0 ? null : f,
            ["cols"] = columns is null ? Cols : columns.SequenceEqual(_shown!.UsualColumns) ? null : string.Join(',', columns),
            ["sort"] = sort ?? Sort,
            ["new"] = (string?)null,
        }), replace: q is not null);
    }

    private void SortBy(FieldRule rule) => Go(sort: Order == "-" + rule.Field.Name ? rule.Field.Name : Order == rule.Field.Name ? "-" + rule.Field.Name : IsDescendingFirst(rule) ? "-" + rule.Field.Name : rule.Field.Name);

    private static bool IsDescendingFirst(FieldRule rule) => rule.Field.Type is FieldType.Number or FieldType.Money or FieldType.Time;

    private static bool IsSortable(FieldRule rule) => rule.Field.IsCompared && rule.Field.Type is not (FieldType.Choices or FieldType.Texts);

    private string? Sorted(FieldRule rule) => Order == rule.Field.Name ? "ascending" : Order == "-" + rule.Field.Name ? "descending" : null;

    private string Arrow(FieldRule rule) => Sorted(rule) switch { "ascending" => "↑", "descending" => "↓", _ => "" };

    private static string Align(FieldRule rule) => rule.Field.Type is FieldType.Number or FieldType.Money ? "end" : "";

    private string Label(FieldRule rule) => _shown?.Label(rule.Field.Name) ?? T.Field(Kind.Name, rule);

    private string Path(JsonObject row) => $"/{Kind.Plural}/{Uri.EscapeDataString(row.Text("id")!)}";

    private string Title(JsonObject row, FieldRule first) =>
        FieldText.Of(row, first.Field.Name) is JsonValue value && value.ToString() is { Length: > 0 } text ? T.Choice(first.Field.Name, text) : RecordTitles.Of(Kind.Name, row, T);

    private void Begin() => navigation.NavigateTo(navigation.GetUriWithQueryParameter("new", true));

    private void End()
    {
        _making = false;
        if (New is true) Go();
    }

    private async Task Made(JsonObject made)
    {
        (_making, _fresh) = (false, made.Text("id"));
        await First();
        if (New is true) Go();
    }
}
