using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Language;
using Crm.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Crm.Records;

/// <summary>Files of a record.</summary>
public sealed partial class RecordFiles
{
    /// <summary>Files of a record: as many as the API takes.</summary>
    public const int MaxFiles = 20;

    /// <summary>Of one file: as much as the API takes.</summary>
    public const int MaxMegabytes = 10;

    private const string Accepted = ".pdf,.png,.jpg,.jpeg,.gif,.webp,.docx,.xlsx,.pptx,.odt,.ods,.zip,.txt,.log,.md,.csv,.eml,.ics,.vcf";

    private static readonly string[] s_kinds =
        [RecordKinds.Activity, RecordKinds.TaskKind, RecordKinds.Deal, RecordKinds.Lead, RecordKinds.Company, RecordKinds.Order];

    private readonly List<Sent> _sent = [];
    private List<JsonObject>? _files;
    private string? _problem;
    private string? _of;
    private int _reads;
    private string? _watched;
    private ElementReference _area;
    private ElementReference _input;
    private Script? _browser;
    private DotNetObjectReference<RecordFiles>? _self;

    /// <summary>The record's kind; one that <see cref="Has"/> files.</summary>
    [Parameter, EditorRequired]
    public string Kind { get; set; } = "";

    /// <summary>The record.</summary>
    [Parameter, EditorRequired]
    public JsonObject Record { get; set; } = [];

    private string Path => RecordPaths.Api(Kind, Record.Text("id")!) + "/attachments";

    private bool MayEdit => Record["deletedAt"] is null && Me.May(RecordAction.Edit, Kind, Record);

    private bool IsFull => _files is { Count: >= MaxFiles };

    /// <summary>Whether records of a kind have files.</summary>
    public static bool Has(string kind) => s_kinds.Contains(kind);

    /// <summary>A file is chosen.</summary>
    [JSInvokable]
    public void Begun(int id, string name)
    {
        _sent.Add(new Sent(id, name));
        StateHasChanged();
    }

    /// <summary>So much of it is there.</summary>
    [JSInvokable]
    public void Went(int id, int percent)
    {
        if (_sent.Find(s => s.Id == id) is not { } sent) return;
        sent.Percent = percent;
        StateHasChanged();
    }

    /// <summary>It is there, or was refused.</summary>
    [JSInvokable]
    public async Task Ended(int id, int status, string problem)
    {
        if (_sent.Find(s => s.Id == id) is not { } sent) return;
        if (status is >= 200 and < 300)
        {
            _sent.Remove(sent);
            await Read();
        }
        else
        {
            sent.Problem = status == 413 ? T["files.tooLong", MaxMegabytes] : status == 0 ? T["problem.away"] : Said(new ApiAnswer(status, Json(problem)));
        }

        StateHasChanged();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _self?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_of == Kind + Record.Text("id")) return;
        (_of, _files, _problem) = (Kind + Record.Text("id"), null, null);
        await Read();
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!MayEdit || _watched == _input.Id + Path) return;
        _watched = _input.Id + Path;
        _self ??= DotNetObjectReference.Create(this);
        _browser ??= new Script(Js, "files");
        await _browser.Tell("take", _area, _input, _self, Path, MaxMegabytes * 1024 * 1024);
    }

    private async Task Read()
    {
        var read = ++_reads;
        var answer = await Api.Get(Path);

        // What was asked for later shows more.
        if (read != _reads) return;
        if (answer.Is) (_files, _problem) = ([.. answer.Items], null);
        else (_files, _problem) = (_files ?? [], T.Problem(answer));
    }

    private async Task Delete(JsonObject file)
    {
        var at = _files!.IndexOf(file);
        _files.Remove(file);
        var answer = await Api.Delete($"{Path}/{Uri.EscapeDataString(file.Text("id")!)}");
        if (answer.Is || answer.Status == 404) return;
        _files.Insert(Math.Min(at, _files.Count), file);
        Snackbar.Add(T.Problem(answer), Severity.Error);
    }

    private string Said(ApiAnswer answer) => answer.Problem switch
    {
        "too-many" => T["files.full", MaxFiles],
        "storage-full" => T["files.allFull"],
        "bad-fields" when answer.Errors.ContainsKey("file") => T["files.type"],
        _ => T.Problem(answer),
    };

    private static JsonNode? Json(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static string Size(long bytes) => bytes < 1024 * 1024 ? $"{Formats.Number(Math.Max(1, bytes / 1024), 0)} KB" : $"{Formats.Number(bytes / 1024m / 1024m, 1)} MB";

    private sealed class Sent(int id, string name)
    {
        public int Id { get; } = id;

        public string Name { get; } = name;

        public int Percent { get; set; }

        public string? Problem { get; set; }
    }
}
