using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Language;
using Crm.Records;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Crm.Deals;

/// <summary>A pipeline's deals, stage by stage: pulled along by hand or by keys, warm as their customers are now.</summary>
public sealed partial class BoardPage(Api api, Me me, Texts texts, NavigationManager navigation, IJSRuntime js)
{
    private const int LookMs = 2_000;

    /// <summary>How long what was won and lost stays on the board.</summary>
    private const int ClosedDays = 30;

    // What a card shows, and what decides who may move it.
    private static readonly string[] s_fields =
        ["name", "amount", "status", "stage", "pipeline", "probability", "winProbability", "closeDate", "owner", "team", "company", "rottenAt", "lostReason"];

    private static readonly string[] s_links = ["company", "owner"];

    private readonly Visit _gone = new();
    private DealBoard _board = new();
    private KindShown? _shown;
    private IReadOnlyList<Pipeline> _pipelines = [];
    private Pipeline? _pipeline;
    private IReadOnlyList<Condition> _conditions = [];
    private string? _problem;
    private string? _asked;
    private bool _making;
    private int _turn;
    private DealMover? _mover;
    private ElementReference _frame;
    private CardHands<BoardPage>? _hands;

    [SupplyParameterFromQuery(Name = "pipeline")]
    public string? PipelineId { get; set; }

    [SupplyParameterFromQuery]
    public bool? Mine { get; set; }

    [SupplyParameterFromQuery]
    public string? Q { get; set; }

    [SupplyParameterFromQuery(Name = "f")]
    public string[]? F { get; set; }

    [SupplyParameterFromQuery]
    public string? Sort { get; set; }

    [SupplyParameterFromQuery]
    public bool? New { get; set; }

    private Texts T => texts;

    private Me Me => me;

    private CardHands<BoardPage> Hands => _hands ??= new CardHands<BoardPage>(js, this);

    private string SortBy => Sort == "heat" || _shown?.Rule("amount") is null ? "heat" : "amount";

    private bool IsFiltered => Mine is true || !string.IsNullOrEmpty(Q) || _conditions.Count > 0;

    private bool IsFixed => me.Of(RecordKinds.Deal).ReadOnly.Contains("stage");

    private string Question
    {
        get
        {
            var filters = _conditions.Select(c => c.Write(_shown!)).ToList();
            if (Mine is true) filters.Add("owner = me");
            if (!string.IsNullOrWhiteSpace(Q)) filters.Add(new Condition("name", "~", Q.Trim()).Write(_shown!));

            // What ended long ago would push the rest aside.
            var closed = _shown!.Rule("closeDate") is null ? "" : $"&closedDays={ClosedDays}";
            var fields = s_fields.Where(f => _shown.Rule(f) is not null).Append("recordVersion");
            return $"/api/v1/pipelines/{Uri.EscapeDataString(_pipeline!.Id)}/board?sort={SortBy}&fields={string.Join(',', fields)}&expand={string.Join(',', s_links.Where(f => _shown.Rule(f) is not null))}"
                + closed + "&filter=" + Uri.EscapeDataString(string.Join(" and ", filters));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        if (_shown is null)
        {
            _shown = await KindShown.Load(api, me, RecordKinds.Deal, _gone.Token);
            texts.Name(_shown.ChoiceNames);
            _pipelines = _shown.Pipelines;
        }

        _conditions = [.. (F ?? []).Take(20).Select(f => Condition.Read(f, _shown))];
        var pipeline = _pipelines.FirstOrDefault(p => p.Id == PipelineId) ?? (_pipelines.Count > 0 ? _pipelines[0] : null);
        if (pipeline is null)
        {
            _problem = T["deals.pipelines.none"];
            return;
        }

        if (pipeline != _pipeline) (_pipeline, _board, _asked) = (pipeline, new DealBoard(), null);
        if (New is true && me.Of(RecordKinds.Deal).Create) _making = true;
        if (Question == _asked) return;
        _asked = Question;
        await Again();
    }

    protected override Task OnAfterRenderAsync(bool firstRender) => Hands.Drawn(_board.Columns.Count > 0 && _problem is null ? _frame : null, LookMs);

    /// <summary>A card was let go over a stage.</summary>
    [JSInvokable]
    public Task Drop(string deal, string stage) => Move(deal, _pipeline?.Stages.FirstOrDefault(s => s.Id == stage));

    /// <summary>A card goes a stage to the left or to the right.</summary>
    [JSInvokable]
    public Task Step(string deal, int x, int y)
    {
        var at = _pipeline?.Stages.ToList().FindIndex(s => s.Id == _board.Find(deal).Text("stage")) ?? -1;
        if (x == 0 || at < 0) return Task.CompletedTask;
        Hands.Reach(deal);
        return Move(deal, _pipeline!.Stages.ElementAtOrDefault(at + x));
    }

    /// <summary>Looks at the board again, while somebody sees it.</summary>
    [JSInvokable]
    public async Task Look()
    {
        if (_mover is not { IsBusy: false } || _pipeline is null || _board.Columns.Count == 0) return;
        var (turn, pipeline, asked) = (_turn, _pipeline, _asked);
        var answer = await api.Get($"{Question}&limit={_board.Asked}", _gone.Token);

        // What was moved meanwhile is newer than the answer.
        if (!answer.Is || turn != _turn || _mover is not { IsBusy: false } || asked != _asked || !_board.Take(pipeline, answer.Object)) return;
        StateHasChanged();
    }

    public async ValueTask DisposeAsync()
    {
        _gone.Dispose();
        if (_hands is not null) await _hands.DisposeAsync();
    }

    private Task Move(string deal, Stage? to) =>
        to is null || _mover is null || _board.Find(deal) is not { } found ? Task.CompletedTask : _mover.Move(found, to);

    private async Task Placed(DealPlace place)
    {
        _turn++;
        _board.Put(place.Deal);
        StateHasChanged();
        if (place.IsSure) await Look();
    }

    private async Task Again()
    {
        var (asked, pipeline) = (_asked, _pipeline!);
        _problem = null;
        var answer = await api.Get($"{Question}&limit={_board.Asked}", _gone.Token);
        if (asked != _asked) return;
        if (answer.Is) _board.Take(pipeline, answer.Object);
        else _problem = T.Problem(answer);
    }

    private async Task More(string stage)
    {
        var column = _board.Columns.First(c => c.Stage.Id == stage);
        var answer = await api.Get($"{Question}&stage={Uri.EscapeDataString(stage)}&skip={column.Cards.Count}&limit={DealBoard.PageSize}", _gone.Token);
        if (answer.Is) _board.TakeMore(stage, answer.Object);
    }

    private void Go(string? pipeline = null, bool? mine = null, string? q = null, IReadOnlyList<Condition>? conditions = null, string? sort = null)
    {
        var f = (conditions ?? _conditions).Select(c => c.Address(_shown!)).ToArray();
        navigation.NavigateTo(navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            ["pipeline"] = (pipeline ?? PipelineId) is { Length: > 0 } id ? id : null,
            ["mine"] = (mine ?? Mine) is true ? true : null,
            ["q"] = (q ?? Q) is { Length: > 0 } words ? words : null,
            ["f"] = f.Length == 0 ? null : f,
            ["sort"] = (sort ?? Sort) is "heat" ? "heat" : null,
            ["new"] = (string?)null,
        }), replace: q is not null);
    }

    private void End()
    {
        _making = false;
        if (New is true) Go();
    }

    private async Task Made(JsonObject made)
    {
        _making = false;
        if (New is true) Go();
        await Again();
    }
}
