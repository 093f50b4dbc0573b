using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Language;
using Crm.Records;
using Crm.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Crm.Deals;

/// <summary>Deals by the day on which they are to close, a month at a time; pulled to another day by hand or by keys.</summary>
public sealed partial class CalendarPage(Api api, Me me, Texts texts, Formats format, NavigationManager navigation, IJSRuntime js, ISnackbar snackbar)
{
    private const string MonthFormat = "yyyy-MM";
    private const int MostShown = 4;
    private const int PageSize = 200;

    /// <summary>A month with more of them is for a list.</summary>
    private const int MaxDeals = 1_000;

    private const int WeekDays = 7;

    private readonly Visit _gone = new();
    private KindShown? _shown;
    private List<JsonObject>? _deals;
    private DateOnly _month;
    private DateOnly? _open;
    private string? _asked;
    private string? _problem;
    private string _said = "";
    private bool _isCut;
    private bool _making;
    private ElementReference _frame;
    private CardHands<CalendarPage>? _hands;

    [SupplyParameterFromQuery]
    public string? Month { get; set; }

    [SupplyParameterFromQuery]
    public bool? Mine { get; set; }

    private Texts T => texts;

    private Formats Format => format;

    private Me Me => me;

    private CardHands<CalendarPage> Hands => _hands ??= new CardHands<CalendarPage>(js, this);

    // A new deal is to close within the month that is shown.
    private DateOnly Begun => _month > format.Today ? _month : format.Today;

    // Whole weeks, from Monday.
    private IEnumerable<DateOnly> Days
    {
        get
        {
            var first = _month.AddDays(-(((int)_month.DayOfWeek + WeekDays - 1) % WeekDays));
            var last = _month.AddMonths(1).AddDays(-1);
            var weeks = (last.DayNumber - first.DayNumber) / WeekDays + 1;
            return Enumerable.Range(0, weeks * WeekDays).Select(first.AddDays);
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        _shown ??= await KindShown.Load(api, me, RecordKinds.Deal, _gone.Token);
        _month = DateOnly.TryParseExact(Month, MonthFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) && month.Year is > 1900 and < 9000
            ? month : new DateOnly(format.Today.Year, format.Today.Month, 1);
        var asked = $"{Text(_month)} {Mine}";
        if (_asked == asked) return;
        (_asked, _deals, _open) = (asked, null, null);
        await Read();
    }

    protected override Task OnAfterRenderAsync(bool firstRender) => Hands.Drawn(_deals is not null && _problem is null ? _frame : null);

    /// <summary>A deal was let go over a day.</summary>
    [JSInvokable]
    public Task Drop(string deal, string day) =>
        DateOnly.TryParse(day, CultureInfo.InvariantCulture, out var to) && Find(deal) is { } found ? Move(found, to) : Task.CompletedTask;

    /// <summary>A deal goes to another day or week.</summary>
    [JSInvokable]
    public Task Step(string deal, int x, int y)
    {
        if (Find(deal) is not { } found || found.Day("closeDate") is not { } day) return Task.CompletedTask;
        Hands.Reach(deal);
        return Move(found, day.AddDays(x + (WeekDays * y)));
    }

    public async ValueTask DisposeAsync()
    {
        _gone.Dispose();
        if (_hands is not null) await _hands.DisposeAsync();
    }

    private bool MayMove(JsonObject deal) => me.MayMove(_shown, deal);

    private JsonObject? Find(string id) => _deals?.FirstOrDefault(d => d.Text("id") == id);

    private async Task Read()
    {
        var asked = _asked;
        _problem = null;
        var days = Days.ToArray();
        var filter = $"status != lost and closeDate >= {Text(days[0])} and closeDate <= {Text(days[^1])}" + (Mine is true ? " and owner = me" : "");
        var (found, next) = (new List<JsonObject>(), (string?)null);
        do
        {
            var answer = await api.Get($"/api/v1/deals?limit={PageSize}&sort=closeDate&filter={Uri.EscapeDataString(filter)}" + (next is null ? "" : "&cursor=" + Uri.EscapeDataString(next)), _gone.Token);
            if (asked != _asked) return;
            if (!answer.Is)
            {
                _problem = T.Problem(answer);
                return;
            }

            found.AddRange(answer.Items);
            next = answer.Object.Text("next");
        }
        while (next is not null && found.Count < MaxDeals);
        (_deals, _isCut) = (found, next is not null);
    }

    private async Task Made(JsonObject made)
    {
        _making = false;
        await Read();
    }

    private async Task Move(JsonObject deal, DateOnly to, bool isBack = false)
    {
        if (!MayMove(deal) || deal.Day("closeDate") is not { } from || from == to || _deals is null) return;
        Put(DealDates.On(deal, to));
        var moved = await DealDates.Move(api, texts, format, deal, to);
        Put(moved.Deal);
        _said = moved.Said;
        if (moved.Trouble is { } trouble) snackbar.Add(_said, trouble);
        else snackbar.Done(_said, T["undo"], isBack ? null : () => InvokeAsync(() => Move(moved.Deal, from, isBack: true)));
        StateHasChanged();
    }

    private void Put(JsonObject deal)
    {
        _deals = [.. (_deals ?? []).Select(d => d.Text("id") == deal.Text("id") ? deal : d)];
        StateHasChanged();
    }

    // Of several currencies none is summed.
    private string? Sum(JsonObject[] deals)
    {
        var amounts = deals.Select(d => d.Part("amount")).OfType<JsonObject>().ToArray();
        if (amounts.Length < 2 || amounts.Select(a => a.Text("currency")).Distinct().Count() != 1) return null;
        return format.MoneyShort(amounts.Sum(a => a.Number("amount") ?? 0), amounts[0].Text("currency") ?? "");
    }

    private void Go(DateOnly month, bool? mine) => navigation.NavigateTo(navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
    {
        ["month"] = month.Year == format.Today.Year && month.Month == format.Today.Month ? null : month.ToString(MonthFormat, CultureInfo.InvariantCulture),
        ["mine"] = mine is true ? true : null,
    }));

    private static string Text(DateOnly day) => DealDates.Text(day);
}
