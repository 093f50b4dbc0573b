using System.Text.Json.Nodes;

namespace Crm.Calls;

/// <summary>What the API answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The body; null for none.</param>
public sealed record ApiAnswer(int Status, JsonNode? Json)
{
    /// <summary>The record's ETag; null for none.</summary>
    public string? ETag { get; init; }

    /// <summary>Whether it was done.</summary>
    public bool Is => Status is >= 200 and < 300;

    /// <summary>Somebody changed the record meanwhile.</summary>
    public bool IsStale => Status == 412;

    /// <summary>No silo or no database answers: it may be sent again.</summary>
    public bool IsAway => Status is 503 or 429 or 502;

    /// <summary>The body as an object; an empty one for none.</summary>
    public JsonObject Object => Json as JsonObject ?? [];

    /// <summary>The entries of a list.</summary>
    public IReadOnlyList<JsonObject> Items => [.. ((Json as JsonArray ?? Object["items"] as JsonArray ?? Object["data"] as JsonArray) ?? []).OfType<JsonObject>()];

    /// <summary>The stable name of the problem; null for none.</summary>
    public string? Problem => (Json as JsonObject).Text("type")?.Split(':')[^1];

    /// <summary>What is wrong with which field.</summary>
    public IReadOnlyDictionary<string, string> Errors => (Object["errors"] as JsonObject)?
        .ToDictionary(e => e.Key, e => (e.Value as JsonArray)?.FirstOrDefault()?.ToString() ?? e.Value?.ToString() ?? "") ?? [];
}

/// <summary>How JSON of the API is read: what is not there, or of another kind, is null.</summary>
public static class JsonReads
{
    /// <summary>A text.</summary>
    public static string? Text(this JsonObject? json, string name) =>
        json?[name] is JsonValue value ? value.TryGetValue(out string? text) ? text : value.ToString() : null;

    /// <summary>A number, of whatever type it was made.</summary>
    public static decimal? Number(this JsonObject? json, string name) =>
        json?[name] is JsonValue value && (value.TryGetValue(out decimal number)
            || decimal.TryParse(value.ToString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out number)) ? number : null;

    /// <summary>A moment.</summary>
    public static DateTimeOffset? Time(this JsonObject? json, string name) =>
        DateTimeOffset.TryParse(json.Text(name), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <summary>An object.</summary>
    public static JsonObject? Part(this JsonObject? json, string name) => json?[name] as JsonObject;

    /// <summary>The objects of a list.</summary>
    public static IReadOnlyList<JsonObject> Parts(this JsonObject? json, string name) => [.. (json?[name] as JsonArray ?? []).OfType<JsonObject>()];

    /// <summary>The texts of a list.</summary>
    public static IReadOnlyList<string> Texts(this JsonObject? json, string name) => [.. (json?[name] as JsonArray ?? []).Select(v => v?.ToString() ?? "")];
}
