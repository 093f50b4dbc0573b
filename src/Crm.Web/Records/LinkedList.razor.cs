using System.Text.Json.Nodes;
using Crm.Calls;
using Microsoft.AspNetCore.Components;

namespace Crm.Records;

/// <summary>Records of a kind that belong to another one.</summary>
public sealed partial class LinkedList : IDisposable
{
    private const int PageSize = 25;
    private const int MaxItems = 500;

    private readonly Visit _gone = new();
    private KindShown? _shown;
    private List<JsonObject>? _items;
    private string? _next;
    private long? _count;
    private string? _problem;
    private string? _of;
    private int _reads;
    private bool _making;
    private bool _busy;

    /// <summary>Of which kind.</summary>
    [Parameter, EditorRequired]
    public string Kind { get; set; } = "";

    /// <summary>Which of them, in the filter language.</summary>
    [Parameter, EditorRequired]
    public string Filter { get; set; } = "";

    /// <summary>What is shown of each; the first is the way to its page.</summary>
    [Parameter, EditorRequired]
    public IReadOnlyList<string> Columns { get; set; } = [];

    /// <summary>In which order.</summary>
    [Parameter]
    public string Sort { get; set; } = "-createdAt";

    /// <summary>What a new one begins with; null when none is made here.</summary>
    [Parameter]
    public JsonObject? Begins { get; set; }

    /// <summary>What is said when there are none.</summary>
    [Parameter]
    public string? Empty { get; set; }

    private IReadOnlyList<FieldRule> Rules => [.. Columns.Select(_shown!.Rule).OfType<FieldRule>()];

    private string ListPath => $"{(Kind == Access.RecordKinds.Deal ? "/deals/list" : "/" + RecordKind.Named(Kind)!.Plural)}?f={Uri.EscapeDataString(Filter)}";

    /// <inheritdoc/>
    public void Dispose()
    {
        _gone.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (_of == Kind + Filter || !Me.Sees(Kind)) return;
        if (_shown?.Kind.Name != Kind) _shown = null;
        (_of, _items, _making) = (Kind + Filter, null, false);
        _reads++;
        _shown ??= await KindShown.Load(Api, Me, Kind, _gone.Token);
        await Read();
    }

    private async Task Read()
    {
        var read = ++_reads;
        var answer = await Ask("&count=true");

        // What was asked for later shows more.
        if (read != _reads) return;
        _problem = answer.Is ? null : T.Problem(answer);
        if (!answer.Is) return;
        (_items, _next, _count) = ([.. answer.Items], answer.Object.Text("next"), (long?)answer.Object.Number("count"));
    }

    private async Task More()
    {
        _busy = true;
        var answer = await Ask("&cursor=" + Uri.EscapeDataString(_next!));
        _busy = false;
        if (!answer.Is || _items is null) return;
        _items.AddRange(answer.Items);
        _next = _items.Count < MaxItems ? answer.Object.Text("next") : null;
    }

    private Task<ApiAnswer> Ask(string more)
    {
        var expand = string.Join(',', Rules.Where(r => r.Field.Type is FieldType.User or FieldType.Link).Select(r => r.Field.Name));
        return Api.Get(
            $"/api/v1/{RecordKind.Named(Kind)!.Plural}?limit={PageSize}&filter={Uri.EscapeDataString(Filter)}&sort={Sort}{(expand.Length == 0 ? "" : "&expand=" + expand)}{more}", _gone.Token);
    }

    private async Task Made(JsonObject made)
    {
        _making = false;
        await Read();
    }

    private static string Align(FieldRule rule) => rule.Field.Type is FieldType.Number or FieldType.Money ? "end" : "";
}
