using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Settings;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Crm.Clickstream;

/// <summary>What could not be taken: counted by source and reason, seen, sent again, removed. Which is looked at stands in the address.</summary>
public sealed partial class LettersPart : SettingsPart
{
    /// <summary>Letters of one request; the next goes on.</summary>
    private const int AtOnce = 500;

    private const int Shown = 20;
    private const int MostRounds = 40;
    private const int MostCounts = 200;
    private const int MostDetails = 5;

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private IReadOnlyList<JsonObject>? _counts;
    private List<JsonObject>? _letters;
    private string? _next;
    private string? _of;
    private bool _deleting;

    [SupplyParameterFromQuery]
    public string? Source { get; set; }

    [SupplyParameterFromQuery(Name = "reason")]
    public string? Code { get; set; }

    [SupplyParameterFromQuery]
    public string? Stage { get; set; }

    private string Query => $"source={Uri.EscapeDataString(Source ?? "")}&reason={Uri.EscapeDataString(Code ?? "")}&stage={Uri.EscapeDataString(Stage ?? "")}";

    protected override Task OnInitializedAsync() => Load();

    protected override async Task OnParametersSetAsync()
    {
        if (_of == Query) return;
        _of = Query;
        await Look();
    }

    private string Reason(JsonObject count) => T.Has("settings.reason." + count.Text("reason")) ? T["settings.reason." + count.Text("reason")] : count.Text("reason") ?? "";

    private bool IsChosen(JsonObject count) => count.Text("source") == Source && count.Text("reason") == Code && count.Text("stage") == Stage;

    private static string Link(JsonObject count) =>
        $"/settings/letters?source={Uri.EscapeDataString(count.Text("source")!)}&reason={Uri.EscapeDataString(count.Text("reason")!)}&stage={count.Text("stage")}";

    private async Task Load()
    {
        if (await Read("/api/v1/dead-letters/counts") is { } counts) _counts = Grouped(counts.Items);
    }

    // Those of one source and reason are one line, whatever each says in words.
    private static List<JsonObject> Grouped(IReadOnlyList<JsonObject> counts) => [.. counts
        .GroupBy(c => (Source: c.Text("source"), Stage: c.Text("stage"), Reason: c.Text("reason")))
        .Select(g => new JsonObject
        {
            ["source"] = g.Key.Source, ["stage"] = g.Key.Stage, ["reason"] = g.Key.Reason, ["open"] = g.Sum(c => c.Number("open") ?? 0), ["replayed"] = g.Sum(c => c.Number("replayed") ?? 0),
            ["newest"] = g.Max(c => c.Text("newest")), ["details"] = new JsonArray([.. g.Select(c => (JsonNode?)c.Text("detail")).Take(MostDetails)]),
        })
        .OrderByDescending(c => c.Number("open")).Take(MostCounts)];

    private async Task Look()
    {
        (_letters, _next) = (null, null);
        if (string.IsNullOrEmpty(Code)) return;
        if (await Read($"/api/v1/dead-letters?limit={Shown}&{Query}") is { } page) Take(page);
    }

    private async Task More()
    {
        if (await Do(() => Api.Get($"/api/v1/dead-letters?limit={Shown}&{Query}&cursor={_next}")) is { Is: true } page) Take(page);
    }

    private void Take(ApiAnswer page)
    {
        (_letters ??= []).AddRange(page.Items);
        _next = page.Object.Text("next_cursor");
    }

    private JsonObject Filter(int limit) => new() { ["filter"] = new JsonObject { ["source"] = Source, ["reason"] = Code, ["stage"] = Stage }, ["limit"] = limit };

    // Of all: as long as some go in. Those that are refused again stay, and would come again and again.
    private async Task Replay(JsonObject? letter)
    {
        var ends = new Dictionary<string, int>();
        for (var round = 0; round < (letter is null ? MostRounds : 1); round++)
        {
            var wish = letter is null ? Filter(AtOnce) : new JsonObject { ["ids"] = new JsonArray(letter.Text("id")) };
            if (await Do(() => Api.Post("/api/v1/dead-letters/replay", wish)) is not { } answer) return;
            if (!answer.Is)
            {
                Snackbar.Add(Why(answer), Severity.Error);
                break;
            }

            foreach (var end in answer.Items.CountBy(r => r.Text("status") ?? "")) ends[end.Key] = ends.GetValueOrDefault(end.Key) + end.Value;
            if (answer.Items.Count < AtOnce || answer.Items.All(r => r.Text("status") != "replayed")) break;
        }

        var said = string.Join(T["settings.comma"], ends.OrderByDescending(e => e.Value).Select(e => $"{T["settings.letters.end." + e.Key]}: {e.Value}"));
        Snackbar.Add(said.Length == 0 ? T["settings.letters.nothing"] : said, ends.GetValueOrDefault("replayed") > 0 ? Severity.Success : Severity.Warning);
        await Again();
    }

    private async Task Remove(JsonObject letter)
    {
        if (await Act(() => Api.Delete("/api/v1/dead-letters/" + letter.Text("id")), T["settings.deleted"])) await Again();
    }

    private async Task RemoveAll()
    {
        for (var round = 0; round < MostRounds; round++)
        {
            if (await Do(() => Api.Post("/api/v1/dead-letters/delete", Filter(AtOnce))) is not { Is: true } answer) return;
            if ((answer.Object.Number("removed") ?? 0) < AtOnce) break;
        }

        _deleting = false;
        await Again();
    }

    private async Task Again()
    {
        await Load();
        await Look();
    }

    private string Pretty(string? sample)
    {
        if (sample is null) return T["settings.letters.withheld"];
        try
        {
            return JsonNode.Parse(sample)?.ToJsonString(s_indented) ?? sample;
        }
        catch (JsonException)
        {
            return sample;
        }
    }
}
