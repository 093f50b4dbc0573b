using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Settings;
using MudBlazor;

namespace Crm.Company;

/// <summary>The base currency and the rates into it. Rates are added and removed one by one; another base currency takes all of them with it.</summary>
public sealed partial class RatesPart : SettingsPart
{
    private const string Path = "/api/v1/settings/rates";
    private const int RateDigits = 10;

    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(2);

    private readonly Visit _gone = new();
    private JsonObject? _table;
    private JsonObject _draft = [];
    private JsonObject? _base;
    private bool _watches;

    private string Base => _table.Text("baseCurrency") ?? "";

    private IReadOnlyList<JsonObject> Rates => _table.Parts("rates");

    private string Wanted => (_base.Text("currency") ?? "").ToUpperInvariant();

    public void Dispose()
    {
        _gone.Dispose();
    }

    protected override Task OnInitializedAsync() => Load();

    protected override void OnAfterRender(bool firstRender)
    {
        if (!_watches && _table.Text("revaluing") == "true") _ = Watch();
    }

    private async Task Load()
    {
        Forget();
        if (await Read(Path) is { } table) _table = table.Object;
        if (_draft.Text("from") is null) _draft["from"] = Format.Today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    // Until all worths are counted again.
    private async Task Watch()
    {
        _watches = true;
        try
        {
            while (_table.Text("revaluing") == "true")
            {
                await Task.Delay(s_lookAgain, Clock, _gone.Token);
                if (await Api.Get(Path, _gone.Token) is { Is: true } now) await InvokeAsync(() => Take(now));
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
        finally
        {
            _watches = false;
        }
    }

    private void Take(ApiAnswer answer)
    {
        _table = answer.Object;
        StateHasChanged();
    }

    private async Task Add()
    {
        var rate = new JsonObject { ["currency"] = _draft.Text("currency")?.ToUpperInvariant() ?? "", ["from"] = _draft["from"]?.DeepClone(), ["rate"] = _draft["rate"]?.DeepClone() };
        if (await Do(() => Api.Post(Path, new JsonObject { ["rates"] = new JsonArray(rate) }), T["settings.saved"]) is not { Is: true } answer) return;
        _draft = new JsonObject { ["from"] = _draft["from"]?.DeepClone() };
        Take(answer);
    }

    private async Task Remove(JsonObject rate)
    {
        // The whole table is sent: as it is now, without this one.
        if (await Api.Get(Path) is not { Is: true } now) return;
        var rest = new JsonArray([.. now.Object.Parts("rates").Where(r => !IsOf(r, rate)).Select(r => r.DeepClone())]);
        if (await Do(() => Api.Put(Path, new JsonObject { ["rates"] = rest })) is not { Is: true } answer) return;
        Take(answer);
        Snackbar.Add(T["settings.rates.removed", $"{rate.Text("currency")} {rate.Text("from")}"], Severity.Normal, bar =>
        {
            bar.Action = T["undo"];
            bar.OnClick = _ => InvokeAsync(async () =>
            {
                if (await Api.Post(Path, new JsonObject { ["rates"] = new JsonArray(rate.DeepClone()) }) is { Is: true } again) Take(again);
            });
        });
    }

    private void BeginBase()
    {
        Forget();
        _base = [];
    }

    private async Task ChangeBase()
    {
        // Rates that somebody added meanwhile would be lost.
        if (await Api.Get(Path) is { Is: true } now && !JsonNode.DeepEquals(now.Object["rates"], _table!["rates"]))
        {
            Outrun();
            return;
        }

        var wish = new JsonObject { ["baseCurrency"] = Wanted, ["rates"] = new JsonArray([.. Turned(Wanted)]) };
        if (await Do(() => Api.Put(Path, wish), T["settings.saved"]) is not { Is: true } answer) return;
        _base = null;
        Take(answer);
    }

    // What is known of the new base turns all rates: on each day that has one, by the new base's newest.
    private IEnumerable<JsonObject> Turned(string wanted)
    {
        var of = Rates.Where(r => r.Text("currency") == wanted).OrderBy(r => r.Text("from"), StringComparer.Ordinal).ToList();
        foreach (var rate in of.Where(r => r.Number("rate") > 0)) yield return Rate(Base, rate.Text("from"), 1 / rate.Number("rate")!.Value);
        foreach (var rate in Rates.Where(r => r.Text("currency") != wanted))
            if (of.LastOrDefault(r => string.CompareOrdinal(r.Text("from"), rate.Text("from")) <= 0)?.Number("rate") is { } by and > 0 && rate.Number("rate") is { } old)
                yield return Rate(rate.Text("currency")!, rate.Text("from"), old / by);
    }

    private static JsonObject Rate(string currency, string? from, decimal rate) => new() { ["currency"] = currency, ["from"] = from, ["rate"] = Math.Round(rate, RateDigits) };

    private static bool IsOf(JsonObject one, JsonObject other) => one.Text("currency") == other.Text("currency") && one.Text("from") == other.Text("from");
}
