using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Crm.Access;

namespace Crm.Records;

/// <summary>A record as JSON: its fields that who asks may see, and what the CRM knows of it.</summary>
internal static class RecordJson
{
    /// <summary>How records are written: letters of all scripts as they are.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>Who put a record into the trash: of lists of the trash alone.</summary>
    public const string DeletedBy = "deletedBy";

    /// <summary>Members beside the fields.</summary>
    public static readonly IReadOnlyList<string> Counters = ["recordVersion", "version", "deletedAt", DeletedBy];

    /// <summary>The record, flat.</summary>
    /// <param name="fields">The fields that there are: values of deleted ones are left out.</param>
    public static JsonObject Of(RecordState record, Actor actor, KindFields? fields = null)
    {
        var json = (JsonObject)JsonNode.Parse(record.Fields)!;
        var own = json[KindFields.Member] as JsonObject;
        foreach (var hidden in actor.Of(record.Kind).Hidden)
        {
            json.Remove(hidden);
            if (hidden.StartsWith(CustomField.Prefix, StringComparison.Ordinal)) own?.Remove(hidden[CustomField.Prefix.Length..]);
        }

        if (own is not null && fields is not null)
            foreach (var name in own.Select(o => o.Key).Where(n => fields.Rule(CustomField.Prefix + n) is null).ToArray()) own.Remove(name);
        // What the CRM itself still has to do with it.
        json.Remove("pending");
        json.Remove("told");
        WithoutWorth(json);
        if (own is not null) WithoutWorth(own);
        if (own is { Count: 0 }) json.Remove(KindFields.Member);
        System(json, record, actor.Of(record.Kind).Hidden);
        return json;
    }

    /// <summary>What people know a record by, of a record as it is seen; null where they may not see that.</summary>
    public static JsonNode? Title(JsonObject seen) => seen["subject"] ?? seen["name"] ?? seen["number"];

    /// <summary>What is shown of a record that may not be seen.</summary>
    public static JsonObject IdOf(RecordState record) => new() { ["id"] = record.Id };

    /// <summary>Only some members: fields, <c>custom.NAME</c>, counters; the id always.</summary>
    public static JsonObject Only(JsonObject record, IReadOnlyList<string> fields)
    {
        var json = new JsonObject { ["id"] = record["id"]?.DeepClone() };
        foreach (var field in fields)
        {
            if (!field.StartsWith(CustomField.Prefix, StringComparison.Ordinal))
            {
                if (field != "id" && record[field] is { } value) json[field] = value.DeepClone();
            }
            else if (record[KindFields.Member]?[field[CustomField.Prefix.Length..]] is { } value)
            {
                if (json[KindFields.Member] is not JsonObject own) json[KindFields.Member] = own = [];
                own[field[CustomField.Prefix.Length..]] = value.DeepClone();
            }
        }

        return json;
    }

    /// <summary>The ETag of both counters.</summary>
    public static string ETag(long recordVersion, long version) => string.Create(CultureInfo.InvariantCulture, $"\"{recordVersion}.{version}\"");

    /// <summary>The record's version that <c>If-Match</c> names; null for none or any. A text that is none of ours is never the present one.</summary>
    public static long? IfMatch(HttpRequest request) => request.Headers.IfMatch.ToString() switch
    {
        "" or "*" => null,
        ['"', .. var tag, '"'] when long.TryParse(tag.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => -1,
    };

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString(FieldValues.TimeFormat, CultureInfo.InvariantCulture);

    private static void System(JsonObject json, RecordState record, IReadOnlyList<string> hidden)
    {
        json.Insert(0, "id", record.Id);
        Set("createdAt", Time(record.CreatedAt));
        Set("updatedAt", Time(record.UpdatedAt));
        Set("createdBy", record.CreatedBy);
        json["recordVersion"] = record.RecordVersion;
        json["version"] = record.Version;
        if (record.DeletedAt is { } deleted) json["deletedAt"] = Time(deleted);

        void Set(string name, string value)
        {
            if (!hidden.Contains(name)) json[name] = value;
        }
    }

    // For lists to compare by; it is the company's affair, not the record's.
    private static void WithoutWorth(JsonObject fields)
    {
        foreach (var (_, value) in fields)
            if (value is JsonObject money && money.Count == 3 && money.ContainsKey("currency")) money.Remove("worth");
    }
}
