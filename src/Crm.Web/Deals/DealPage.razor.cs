using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Language;
using Crm.Live;
using Crm.Records;
using Crm.Shell;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Crm.Deals;

/// <summary>A deal: where it stands, what warms it, what is offered, all that happened. Its heat moves with its customers.</summary>
public sealed partial class DealPage(Api api, Me me, Texts texts, Formats format, ILiveCustomers live, ISnackbar snackbar, NavigationManager navigation)
{
    /// <summary>Customers whose every event is shown at once; those behind count with the next look.</summary>
    private const int MaxFollowed = 20;

    private readonly List<IDisposable> _following = [];
    private KindShown? _shown;
    private JsonObject? _record;
    private Pipeline? _pipeline;
    private IReadOnlyDictionary<string, JsonObject> _people = new Dictionary<string, JsonObject>();
    private string? _problem;
    private string? _of;
    private string _followed = "";
    private string _currency = "";
    private long _version;
    private int _reading;
    private int _reads;
    private bool _gone;
    private DealMover? _mover;

    [Parameter]
    public string Id { get; set; } = "";

    private Texts T => texts;

    private Formats Format => format;

    private Me Me => me;

    private string? Title => _record.Text("name");

    private string Path => "/api/v1/deals/" + Uri.EscapeDataString(Id);

    private bool MayEdit => _record!["deletedAt"] is null && me.May(RecordAction.Edit, RecordKinds.Deal, _record);

    private bool MayEditField(string name) => MayEdit && _shown!.Rule(name) is { } rule && me.MayEdit(RecordKinds.Deal, rule);

    private bool IsFixed => me.Of(RecordKinds.Deal).ReadOnly.Contains("stage");

    private bool IsRotten => _record.Text("status") == "open" && _record.Time("rottenAt") <= format.Now;

    // Where it was open last.
    private Stage LastOpen => _record.Parts("stageHistory").Reverse().Select(s => _pipeline!.Stages.FirstOrDefault(p => p.Id == s.Text("stage") && p.Type == StageType.Open))
        .FirstOrDefault(s => s is not null) ?? _pipeline!.First;

    protected override async Task OnParametersSetAsync()
    {
        if (_of == Id) return;
        (_of, _record, _problem) = (Id, null, null);
        if (_shown is null)
        {
            _shown = await KindShown.Load(api, me, RecordKinds.Deal);
            texts.Name(_shown.ChoiceNames);
            _currency = (await api.Get("/api/v1/settings/company")).Object.Text("baseCurrency") ?? "";
        }

        await Read();
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (_record is null || !me.Sees(RecordKinds.Customer)) return;
        var customers = _record.Texts("customers").Take(MaxFollowed).ToArray();
        var followed = string.Join('\n', customers);
        if (_followed == followed) return;
        _followed = followed;
        Unfollow();
        _following.AddRange(customers.Select(c => live.Follow(c, () => _ = InvokeAsync(Warmed))));
    }

    public ValueTask DisposeAsync()
    {
        _gone = true;
        Unfollow();
        return ValueTask.CompletedTask;
    }

    private void Unfollow()
    {
        foreach (var one in _following) one.Dispose();
        _following.Clear();
    }

    // What came while one read was under way is read once more, not once for each.
    private async Task Warmed()
    {
        if (_gone || Interlocked.Increment(ref _reading) > 1) return;
        do
        {
            Interlocked.Exchange(ref _reading, 1);
            if (_mover is not { IsBusy: true }) await Read();
            if (_gone) return;
            StateHasChanged();
        }
        while (Interlocked.Decrement(ref _reading) > 0);
    }

    // What is on its way here is read when it has come.
    private Task Moved() => _mover is { IsBusy: true } ? Task.CompletedTask : Read();

    private async Task Read()
    {
        var read = ++_reads;
        var answer = await api.Get(Path + RecordPaths.Expand(_shown!));
        if (answer.Status == 404) answer = await api.Get(Path + RecordPaths.Expand(_shown!) + "&trash=true") is { Is: true } trashed ? trashed : answer;

        // What was asked for later shows more.
        if (read != _reads) return;
        if (answer.Is)
        {
            _problem = null;
            await Take(answer.Object);
        }
        else if (_record is null || answer.Status == 404) _problem = answer.Status == 404 ? T["record.missing.text"] : T.Problem(answer);
    }

    private async Task Take(JsonObject record)
    {
        var before = _record;
        _record = record;
        _version = (long)(record.Number("version") ?? 0);
        _pipeline = _shown!.Pipelines.FirstOrDefault(p => p.Id == record.Text("pipeline")) ?? (_shown.Pipelines.Count > 0 ? _shown.Pipelines[0] : null);
        var customers = record.Texts("customers");
        if (before is null || !before.Texts("customers").SequenceEqual(customers)) _people = await DealPeople.Read(api, customers);
    }

    // An edit's answer has neither heat nor the names of what it links to.
    private async Task Changed(JsonObject record)
    {
        _reads++;
        if (_record is not null) await Take(DealStep.With(record, _record));
        await Read();
    }

    private Task Move(Stage to) => _mover?.Move(_record!, to) ?? Task.CompletedTask;

    private async Task Placed(DealPlace place)
    {
        _record = place.Deal;
        if (place.IsSure) await Read();
        StateHasChanged();
    }

    private async Task Delete()
    {
        var answer = await api.Delete(Path);
        if (!answer.Is)
        {
            snackbar.Add(T.Problem(answer), Severity.Error);
            return;
        }

        var path = Path;
        navigation.NavigateTo("/deals");
        snackbar.Done(T["record.deleted", Title], T["undo"], async () =>
        {
            var restored = await api.Post(path + "/restore");
            if (!restored.Is) snackbar.Add(T.Problem(restored), Severity.Error);
        });
    }

    private async Task Restore()
    {
        var answer = await api.Post(Path + "/restore");
        if (!answer.Is) snackbar.Add(T.Problem(answer), Severity.Error);
        await Read();
    }
}
