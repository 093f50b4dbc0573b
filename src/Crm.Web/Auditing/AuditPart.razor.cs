using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Settings;
using Crm.Shell;
using Microsoft.AspNetCore.Components;

namespace Crm.Auditing;

/// <summary>Who changed what. The filter stands in the address.</summary>
public sealed partial class AuditPart : SettingsPart
{
    private const int PageSize = 50;
    private const int MaxLines = 2_000;
    private const int MaxSaid = 400;

    /// <summary>What is written of beside records.</summary>
    private static readonly string[] s_others =
        ["user", "role", "team", "session", "token", "key", "source", "plan", "field", "pipeline", "settings", "lead-rules", "quota", "consent", "demo", "audit"];

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private JsonObject _asked = [];
    private IReadOnlyList<JsonObject> _users = [];
    private List<JsonObject>? _lines;
    private string? _next;
    private string? _of;

    [SupplyParameterFromQuery(Name = "kind")]
    public string? OfKind { get; set; }

    [SupplyParameterFromQuery(Name = "record")]
    public string? OfRecord { get; set; }

    [SupplyParameterFromQuery(Name = "user")]
    public string? By { get; set; }

    [SupplyParameterFromQuery]
    public string? From { get; set; }

    [SupplyParameterFromQuery]
    public string? To { get; set; }

    private bool IsFiltered => !string.IsNullOrEmpty(OfKind + OfRecord + By + From + To);

    private IEnumerable<(string, string)> Kinds => RecordKinds.All.Select(k => (k, T.Kind(k, "many"))).Concat(s_others.Select(k => (k, Kind(k))));

    protected override async Task OnInitializedAsync() => _users = (await Api.Get("/api/v1/users")).Items;

    protected override async Task OnParametersSetAsync()
    {
        if (_of == Query("")) return;
        _of = Query("");
        _asked = new JsonObject { ["kind"] = OfKind, ["record"] = OfRecord, ["user"] = By, ["from"] = From, ["to"] = To };
        await Load();
    }

    private async Task Load()
    {
        (_lines, _next) = (null, null);
        var asked = _of;

        // That somebody looks is noted: once, not for the first picture, too.
        if (!RendererInfo.IsInteractive) return;
        if (await Read("/api/v1/audit?" + Query("")) is { } page && asked == _of) Take(page);
    }

    private async Task More()
    {
        if (_lines!.Count < MaxLines && await Do(() => Api.Get("/api/v1/audit?" + Query(_next))) is { Is: true } page) Take(page);
    }

    private void Take(ApiAnswer page)
    {
        (_lines ??= []).AddRange(page.Items);
        _next = _lines.Count < MaxLines ? page.Object.Text("next_cursor") : null;
    }

    private string Query(string? cursor)
    {
        var query = new List<string> { "limit=" + PageSize };
        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) query.Add($"{name}={Uri.EscapeDataString(value)}");
        }

        Add("kind", OfKind);
        Add("record", OfRecord);
        Add("user", By);
        Add("from", Moment(From, 0));
        Add("to", Moment(To, 1));
        Add("cursor", cursor);
        return string.Join('&', query);
    }

    // Days as whoever looks has them; the last one with all its hours.
    private string? Moment(string? day, int later) => DateTime.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
        ? Format.At(date.AddDays(later)).ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : null;

    private void Filter() => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters("/settings/audit", _asked.ToDictionary(f => f.Key, f => (object?)_asked.Text(f.Key))));

    private string Who(string? by) => _users.FirstOrDefault(u => u.Text("id") == by).Text("name") ?? (T.Has("settings.by." + by) ? T["settings.by." + by] : by ?? "");

    private string? Named(JsonObject line) => line.Text("kind") == "user" ? Who(line.Text("record")) : line.Text("record");

    private string Kind(string? kind) => T.Has("settings.thing." + kind) ? T["settings.thing." + kind] : T.Has($"kind.{kind}.one") ? T.Heading(kind!) : kind ?? "";

    private string Action(string? action) => T.Has("settings.did." + action) ? T["settings.did." + action] : action ?? "";

    private static string? Page(JsonObject line) => line.Text("record") is { Length: > 0 } id && Places.All.FirstOrDefault(p => p.Kind is not null && p.Kind == line.Text("kind")) is { } place
        ? $"{place.Path}/{Uri.EscapeDataString(id)}" : null;

    private static (JsonNode? Before, JsonNode? After) Sides(JsonNode? change) => change is JsonObject sides && (sides.ContainsKey("from") || sides.ContainsKey("to")) && sides.All(s => s.Key is "from" or "to")
        ? (sides["from"], sides["to"]) : (null, change);

    private string Say(JsonNode? value)
    {
        var text = value switch { null => T["none"], JsonValue => value.ToString(), _ => value.ToJsonString(s_plain) };
        return text.Length <= MaxSaid ? text : text[..MaxSaid] + "…";
    }
}
