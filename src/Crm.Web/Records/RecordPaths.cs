using System.Text.Json.Nodes;
using Crm.Calls;

namespace Crm.Records;

/// <summary>Addresses of records, in the API and in the pages.</summary>
public static class RecordPaths
{
    /// <summary>Links that are shown by their names at once: as many as the API expands.</summary>
    public const int MostExpanded = 20;

    /// <summary>The query that shows links and users by their names.</summary>
    public static string Expand(KindShown shown)
    {
        var names = shown.Rules.Where(r => r.Field.Type is FieldType.User or FieldType.Link).Select(r => r.Field.Name).Take(MostExpanded);
        return "?expand=" + Uri.EscapeDataString(string.Join(',', names));
    }

    /// <summary>A record's page; null where its kind has none.</summary>
    public static string? Page(string? kind, string? id) =>
        kind is null || id is null || RecordKind.Named(kind) is not { } known || !Shell.Places.All.Any(p => p.Kind == kind) ? null : $"/{known.Plural}/{Uri.EscapeDataString(id)}";

    /// <summary>A record in the API.</summary>
    public static string Api(string kind, string id) => $"/api/v1/{RecordKind.Named(kind)!.Plural}/{Uri.EscapeDataString(id)}";

    /// <summary>A filter that a field is a record.</summary>
    public static string Is(string field, string id) => $"{field} = {Quoted(id)}";

    /// <summary>A filter that a list of ids holds a record's.</summary>
    public static string Has(string field, string id) => $"{field} has {Quoted(id)}";

    /// <summary>The ETag of a record as it is looked at, by its edits alone.</summary>
    public static string Version(JsonObject record) => $"\"{record.Text("recordVersion")}.0\"";

    /// <summary>The id of what a field links to, whether it is expanded or not.</summary>
    public static string? Linked(JsonObject? record, string field) => record.Part(field).Text("id") ?? record.Text(field);

    /// <summary>A filter for records whose field is one of those.</summary>
    public static string IsOneOf(string field, IEnumerable<string> ids) => $"{field} in ({string.Join(", ", ids.Select(Quoted))})";

    private static string Quoted(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
