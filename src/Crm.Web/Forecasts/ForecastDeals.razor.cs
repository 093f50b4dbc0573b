using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Deals;
using Crm.Language;
using Crm.Records;
using Crm.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Crm.Forecasts;

/// <summary>The open deals of some months.</summary>
public sealed partial class ForecastDeals(Api api, Me me, Texts texts, Formats format, IJSRuntime js, ISnackbar snackbar)
{
    private const int MostShown = 8;

    /// <summary>The largest; more of them are for a list.</summary>
    private const int PageSize = 200;

    private readonly Visit _gone = new();
    private KindShown? _shown;
    private List<JsonObject>? _deals;
    private string? _asked;
    private string? _problem;
    private string _said = "";
    private bool _isCut;
    private ElementReference _frame;
    private CardHands<ForecastDeals>? _hands;

    /// <summary>The first day of the first month.</summary>
    [Parameter, EditorRequired]
    public DateOnly From { get; set; }

    [Parameter, EditorRequired]
    public int Months { get; set; }

    /// <summary>One pipeline alone; null for all.</summary>
    [Parameter]
    public string? Pipeline { get; set; }

    /// <summary>A deal is in another month now.</summary>
    [Parameter]
    public EventCallback Moved { get; set; }

    private Texts T => texts;

    private Formats Format => format;

    private Me Me => me;

    private CardHands<ForecastDeals> Hands => _hands ??= new CardHands<ForecastDeals>(js, this);

    private IEnumerable<DateOnly> AllMonths => Enumerable.Range(0, Months).Select(From.AddMonths);

    protected override async Task OnParametersSetAsync()
    {
        var asked = $"{From} {Months} {Pipeline}";
        if (_asked == asked) return;
        _asked = asked;
        _shown ??= await KindShown.Load(api, me, RecordKinds.Deal, _gone.Token);
        var filter = Within(From, From.AddMonths(Months)) + (string.IsNullOrEmpty(Pipeline) ? "" : " and " + RecordPaths.Is("pipeline", Pipeline));
        var answer = await api.Get($"/api/v1/deals?limit={PageSize}&sort=-amount&filter={Uri.EscapeDataString(filter)}", _gone.Token);
        if (asked != _asked) return;
        (_problem, _deals, _isCut) = answer.Is
            ? ((string?)null, (List<JsonObject>?)[.. answer.Items], answer.Object.Text("next") is not null)
            : (T.Problem(answer), null, false);
    }

    protected override Task OnAfterRenderAsync(bool firstRender) => Hands.Drawn(_deals is { Count: > 0 } ? _frame : null);

    /// <summary>A deal was let go over a month.</summary>
    [JSInvokable]
    public Task Drop(string deal, string month) =>
        DateOnly.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var to) && Find(deal) is { } found && found.Day("closeDate") is { } day
            ? Move(found, day.AddMonths((to.Year - day.Year) * 12 + to.Month - day.Month)) : Task.CompletedTask;

    /// <summary>A deal goes to the month before or after.</summary>
    [JSInvokable]
    public Task Step(string deal, int x, int y)
    {
        if (x == 0 || Find(deal) is not { } found || found.Day("closeDate") is not { } day) return Task.CompletedTask;
        Hands.Reach(deal);
        return Move(found, day.AddMonths(x));
    }

    public async ValueTask DisposeAsync()
    {
        _gone.Dispose();
        if (_hands is not null) await _hands.DisposeAsync();
    }

    private JsonObject? Find(string id) => _deals?.FirstOrDefault(d => d.Text("id") == id);

    private async Task Move(JsonObject deal, DateOnly to, bool isBack = false)
    {
        if (!me.MayMove(_shown, deal) || deal.Day("closeDate") is not { } from || from == to) return;
        Put(DealDates.On(deal, to));
        var moved = await DealDates.Move(api, texts, format, deal, to);
        Put(moved.Deal);
        _said = moved.Said;
        if (moved.Trouble is { } trouble) snackbar.Add(_said, trouble);
        else snackbar.Done(_said, T["undo"], isBack ? null : () => InvokeAsync(() => Move(moved.Deal, from, isBack: true)));
        await Moved.InvokeAsync();
    }

    private void Put(JsonObject deal)
    {
        _deals = [.. (_deals ?? []).Select(d => d.Text("id") == deal.Text("id") ? deal : d)];
        StateHasChanged();
    }

    private static decimal Worth(JsonObject deal) => deal.Part("amount").Number("worth") ?? deal.Part("amount").Number("amount") ?? 0;

    private static string Within(DateOnly from, DateOnly until) => $"status = open and closeDate >= {DealDates.Text(from)} and closeDate < {DealDates.Text(until)}";

    private static string All(DateOnly month) =>
        $"/deals/list?f={Uri.EscapeDataString("status = \"open\"")}&f={Uri.EscapeDataString("closeDate > " + DealDates.Text(month.AddDays(-1)))}&f={Uri.EscapeDataString("closeDate < " + DealDates.Text(month.AddMonths(1)))}";

    private static string Key(DateOnly month) => month.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
