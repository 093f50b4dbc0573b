using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Hosting;

namespace Crm.Access;

/// <summary>A source as it is answered.</summary>
/// <param name="PlanViolations"><c>keep</c> or <c>refuse</c>: what becomes of events that break the data plan.</param>
internal sealed record SourceView(
    string Id,
    string Name,
    string Kind,
    IReadOnlyList<string> AllowedOrigins,
    JsonNode? Settings,
    int? RetentionDays,
    string PlanViolations,
    bool Enabled,
    long RecordVersion,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public static SourceView Of(Source source) => new(
        source.Id, source.Name, source.Kind, source.AllowedOrigins, JsonNode.Parse(source.Settings), source.RetentionDays,
        source.RefusesViolations ? "refuse" : "keep", source.Enabled, source.RecordVersion, source.CreatedAt, source.UpdatedAt);
}

/// <summary>What may be said of a source; the same fields make one and change one. Null gives a field its default back.</summary>
internal sealed record SourceChange(
    string? Id, string? Name, string? Kind, IReadOnlyList<string>? AllowedOrigins, JsonObject? Settings, int? RetentionDays, string? PlanViolations, bool? Enabled);

/// <summary>Reads the fields of a source from a merge-patch, and says of each what is wrong with it.</summary>
internal static class SourceFields
{
    private const string BadName = "It is 1 to 100 printable characters.";

    /// <summary>The source with the changes; look at <paramref name="errors"/> before using it.</summary>
    public static Source Apply(Source source, JsonObject changes, Dictionary<string, string> errors)
    {
        foreach (var (name, value) in changes)
        {
            source = name switch
            {
                "id" => Text(value) == source.Id ? source : Wrong(source, errors, name, "The id of a source never changes."),
                "name" => Text(value) is { } text && ApiKeys.IsName(text) ? source with { Name = text } : Wrong(source, errors, name, BadName),
                "kind" => Text(value) is { } kind && Source.Kinds.Contains(kind)
                    ? source with { Kind = kind } : Wrong(source, errors, name, $"It is one of: {string.Join(", ", Source.Kinds)}."),
                "allowedOrigins" => Origins(source, value, errors),
                "settings" => Settings(source, value, errors),
                "retentionDays" => Days(source, value, errors),
                "planViolations" => Text(value) is "keep" or "refuse" || value is null
                    ? source with { RefusesViolations = Text(value) == "refuse" } : Wrong(source, errors, name, "It is keep or refuse."),
                "enabled" => value is null || value.GetValueKind() is JsonValueKind.True or JsonValueKind.False
                    ? source with { Enabled = value?.GetValue<bool>() ?? true } : Wrong(source, errors, name, "It is true or false."),
                _ => Wrong(source, errors, name, "A source has no such field that can be set."),
            };
        }

        return source;
    }

    /// <summary>Whether a text can be the id of a source that is made here.</summary>
    public static bool IsId(string id) => id.Length is > 0 and <= 100 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <summary>A member that is a text; null otherwise.</summary>
    public static string? Text(JsonNode? value) => value is JsonValue text && text.GetValueKind() == JsonValueKind.String ? text.GetValue<string>() : null;

    /// <summary>A member that is a whole number; null otherwise.</summary>
    public static int? Whole(JsonNode? value) =>
        value is JsonValue number && number.GetValueKind() == JsonValueKind.Number && number.TryGetValue<int>(out var whole) ? whole : null;

    private static Source Origins(Source source, JsonNode? value, Dictionary<string, string> errors)
    {
        if (value is null) return source with { AllowedOrigins = [] };
        if (value is not JsonArray { Count: <= Source.MaxOrigins } array || array.Select(o => Access.Origins.Normal(Text(o))).ToArray() is not { } origins
            || origins.Contains(null))
        {
            return Wrong(source, errors, "allowedOrigins",
                $"It is a list of at most {Source.MaxOrigins} origins, such as https://shop.example or https://*.shop.example.");
        }

        return source with { AllowedOrigins = [.. origins.OfType<string>().Distinct(StringComparer.Ordinal)] };
    }

    private static Source Settings(Source source, JsonNode? value, Dictionary<string, string> errors)
    {
        if (value is not (null or JsonObject)) return Wrong(source, errors, "settings", "It is a JSON object.");
        var settings = value is null ? "{}" : RecordRequests.MergePatch(JsonNode.Parse(source.Settings), value)!.ToJsonString();
        return settings.Length <= Source.MaxSettingsLength
            ? source with { Settings = settings }
            : Wrong(source, errors, "settings", $"It holds at most {Source.MaxSettingsLength} characters.");
    }

    private static Source Days(Source source, JsonNode? value, Dictionary<string, string> errors)
    {
        if (value is null) return source with { RetentionDays = null };
        return Whole(value) is { } days and > 0 and <= Source.MaxRetentionDays
            ? source with { RetentionDays = days }
            : Wrong(source, errors, "retentionDays", $"It is a whole number from 1 to {Source.MaxRetentionDays}, or null.");
    }

    private static Source Wrong(Source source, Dictionary<string, string> errors, string name, string error)
    {
        errors[name] = $"{name}: {error}";
        return source;
    }
}
