using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Deals;
using Crm.Language;
using Microsoft.AspNetCore.Components;

namespace Crm.Forecasts;

/// <summary>What a quota form is about.</summary>
/// <param name="Holder">Whose; null for whoever is chosen.</param>
/// <param name="Name">Their name.</param>
/// <param name="Amount">As it is; null for none.</param>
public sealed record QuotaShown(string? Holder, string? Name, DateOnly Month, JsonObject? Amount);

/// <summary>What will be sold, by month of the close date: now, or as it was forecast on a day that is kept.</summary>
public sealed partial class ForecastPage(Api api, Me me, Texts texts, Formats format, NavigationManager navigation)
{
    private const string MonthFormat = "yyyy-MM";
    private const int UsualMonths = 6;
    private const int MaxDays = 100;

    private static readonly string[] s_by = ["month", "owner", "team", "pipeline"];
    private static readonly string[] s_sums = ["open", "weighted", "committed", "won", "expected"];
    private static readonly int[] s_months = [3, 6, 12, 24];

    private IReadOnlyList<Pipeline> _pipelines = [];
    private IReadOnlyList<string> _days = [];
    private JsonObject? _forecast;
    private JsonObject? _now;
    private DateOnly _from;
    private string? _problem;
    private string? _asked;
    private QuotaShown? _setting;

    [SupplyParameterFromQuery]
    public string? From { get; set; }

    [SupplyParameterFromQuery(Name = "months")]
    public int? Length { get; set; }

    [SupplyParameterFromQuery]
    public string? By { get; set; }

    [SupplyParameterFromQuery(Name = "pipeline")]
    public string? PipelineId { get; set; }

    [SupplyParameterFromQuery]
    public string? Day { get; set; }

    private Texts T => texts;

    private Formats Format => format;

    private Me Me => me;

    private string Grouped => s_by.Contains(By) ? By! : s_by[0];

    private int Months => Length is { } length && s_months.Contains(length) ? length : UsualMonths;

    // What is expected now, beyond what was expected then.
    private decimal? Drift => _now.Part("total").Number("expected") - _forecast.Part("total").Number("expected");

    protected override async Task OnParametersSetAsync()
    {
        if (_asked is null)
        {
            await me.Load();
            _pipelines = PipelineReads.All(await api.Get("/api/v1/pipelines"));
            _days = [.. (await api.Get($"/api/v1/forecast/snapshots?limit={MaxDays}")).Items.Select(d => d.Text("day")).OfType<string>()];
        }

        _from = DateOnly.TryParseExact(From, MonthFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var from) && from.Year is > 1900 and < 9000
            ? from : new DateOnly(format.Today.Year, format.Today.Month, 1);
        var asked = $"from={Text(_from)}&to={Text(_from.AddMonths(Months - 1))}&by={Grouped}"
            + (string.IsNullOrEmpty(PipelineId) || Grouped == "pipeline" ? "" : "&pipeline=" + Uri.EscapeDataString(PipelineId));
        var changed = _asked != asked + Day;
        _asked = asked + Day;
        if (changed) await Read(asked);
    }

    private Task Read() => Read(_asked![..^(Day?.Length ?? 0)]);

    private async Task Read(string asked)
    {
        var (wanted, day) = (_asked, string.IsNullOrEmpty(Day) ? null : Day);
        var now = await api.Get("/api/v1/forecast?" + asked);
        var answer = day is null ? now : await api.Get($"/api/v1/forecast/snapshots?day={Uri.EscapeDataString(day)}&{asked}");
        if (wanted != _asked) return;
        (_problem, _forecast, _now) = answer.Is
            ? ((string?)null, (JsonObject?)answer.Object, day is null ? null : now.Object)
            : (T.Problem(answer), null, null);
    }

    private string Money(JsonObject? sums, string name) => format.MoneyShort(sums.Number(name) ?? 0, sums.Text("currency") ?? "");

    private async Task Stored()
    {
        _setting = null;
        await Read();
    }

    private void Go(string? by = null, DateOnly? from = null, int? months = null, string? pipeline = null, string? day = null)
    {
        var start = from ?? _from;
        navigation.NavigateTo(navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            ["by"] = (by ?? Grouped) is "month" ? null : by ?? Grouped,
            ["from"] = start.Year == format.Today.Year && start.Month == format.Today.Month ? null : Text(start),
            ["months"] = (months ?? Months) == UsualMonths ? null : months ?? Months,
            ["pipeline"] = (pipeline ?? PipelineId) is { Length: > 0 } id ? id : null,
            ["day"] = (day ?? Day) is { Length: > 0 } kept ? kept : null,
        }));
    }

    private static string Text(DateOnly month) => month.ToString(MonthFormat, CultureInfo.InvariantCulture);
}
