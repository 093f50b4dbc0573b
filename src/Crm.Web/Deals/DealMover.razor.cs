using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Language;
using Crm.Records;
using Crm.Shell;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Crm.Deals;

/// <summary>Takes deals to other stages, for whatever page shows them.</summary>
public sealed partial class DealMover(Api api, Texts texts, Formats format, Me me, ISnackbar snackbar)
{
    private static readonly string[] s_told = ["stage", "status", "amount", "closeDate", "winProbability", "owner", "name"];

    private JsonObject? _choosing;
    private (JsonObject Deal, DealStep Step)? _losing;
    private Needing? _needing;
    private JsonObject _filled = [];
    private string _reason = "";
    private string _said = "";
    private int _running;

    /// <summary>Whether a deal is on its way: what was asked for before it may be older.</summary>
    public bool IsBusy => _running > 0;

    [Parameter, EditorRequired]
    public Pipeline Pipeline { get; set; } = null!;

    [Parameter, EditorRequired]
    public KindShown Shown { get; set; } = null!;

    /// <summary>A deal is to be shown so: as it is wished, as it was before, or as it was answered.</summary>
    [Parameter]
    public EventCallback<DealPlace> Placed { get; set; }

    [Parameter]
    public string Currency { get; set; } = "";

    private Texts T => texts;

    /// <summary>Asks where a deal is to go.</summary>
    public void Choose(JsonObject deal)
    {
        _choosing = deal;
        StateHasChanged();
    }

    /// <summary>Takes a deal to a stage.</summary>
    public async Task Move(JsonObject deal, Stage to)
    {
        Leave();
        if (Stage(deal) is not { } from || from.Id == to.Id) return;
        if (DealStep.Between(from, to) is not { } step)
        {
            snackbar.Add(T["deals.reopenFirst", Title(deal)], Severity.Warning);
            return;
        }

        if (step.Command == "lose") (_losing, _reason) = ((deal, step), "");
        else await Run(deal, step);
        StateHasChanged();
    }

    private Stage? Stage(JsonObject deal) => Pipeline.Stages.FirstOrDefault(s => s.Id == deal.Text("stage"));

    private bool MayDate => Shown.Rule("closeDate") is { } rule && me.MayEdit(RecordKinds.Deal, rule);

    private void Leave() => (_choosing, _losing, _needing) = (null, null, null);

    private async Task Lose()
    {
        if (_losing is not { } lost) return;
        Leave();
        await Run(lost.Deal, lost.Step with { Reason = _reason.Trim() });
    }

    private async Task Fill()
    {
        if (_needing is not { } needing) return;
        Leave();
        await Run(needing.Deal, needing.Step with { Fields = _filled });
    }

    private async Task Run(JsonObject deal, DealStep step, bool isBack = false)
    {
        var from = Stage(deal)!;
        _running++;
        await Placed.InvokeAsync(new DealPlace(step.Shown(deal), false));
        var answer = await step.Send(api, deal);
        _running--;
        if (!answer.Is)
        {
            await TakeBack(deal, step, answer);
            return;
        }

        var now = DealStep.With(answer.Object, deal);
        await Placed.InvokeAsync(new DealPlace(now, true));
        _said = step.Command == "win" ? T["deals.won", Title(deal)] : T["deals.moved", Title(deal), step.To.Name];
        var back = isBack ? null : DealStep.Back(deal, from, step.To, MayDate);
        snackbar.Done(_said, T["undo"], back is null ? null : () => InvokeAsync(() => Run(now, back, isBack: true)));
        StateHasChanged();
    }

    private async Task TakeBack(JsonObject deal, DealStep step, ApiAnswer answer)
    {
        var theirs = answer.IsStale && answer.Object.Part("current") is { } current ? DealStep.With(current, deal) : null;
        await Placed.InvokeAsync(new DealPlace(theirs ?? deal, theirs is not null));
        var rules = answer.Errors.Keys.Select(Shown.Rule).OfType<FieldRule>().Where(r => me.MayEdit(RecordKinds.Deal, r) && r.Field.Name is not ("stage" or "pipeline")).ToArray();
        if (rules.Length > 0)
        {
            // What was asked for already is wrong now; what was not asked for yet is only missing.
            var errors = step.Fields is null ? [] : answer.Errors.ToDictionary(e => e.Key, e => T.FieldError(e.Value));
            (_needing, _filled) = (new Needing(deal, step, rules, errors), step.Fields is null ? [] : (JsonObject)step.Fields.DeepClone());
            StateHasChanged();
            return;
        }

        _said = theirs is not null ? T["deals.stale", Title(deal), Differences(deal, theirs)]
            : answer.Errors.Count > 0 ? string.Join(' ', answer.Errors.Values.Select(T.FieldError))
            : T["deals.notMoved", Title(deal), T.Problem(answer)];
        snackbar.Add(_said, theirs is not null ? Severity.Warning : Severity.Error);
        StateHasChanged();
    }

    // What somebody else made of it, in words.
    private string Differences(JsonObject before, JsonObject now)
    {
        var said = from name in s_told
                   where Shown.Rule(name) is not null && !JsonNode.DeepEquals(before[name], now[name]) && !(name == "owner" && before.Part("owner").Text("id") == now.Text("owner"))
                   select $"{T.Field(RecordKinds.Deal, name)}: {Said(name, now)}";
        return string.Join(T["deals.and"], said.Distinct());
    }

    private string Said(string name, JsonObject deal) => deal[name] switch
    {
        null => T["none"],
        JsonObject money when money.ContainsKey("amount") => format.Money(money) ?? T["none"],
        JsonObject linked => linked.Text("name") ?? linked.Text("id") ?? "",
        _ when deal.Day(name) is { } day && name == "closeDate" => format.Day(day),
        var value => T.Choice(name, value.ToString()),
    };

    private static string Title(JsonObject deal) => deal.Text("name") ?? "";

    private sealed record Needing(JsonObject Deal, DealStep Step, IReadOnlyList<FieldRule> Rules, IReadOnlyDictionary<string, string> Errors);
}
