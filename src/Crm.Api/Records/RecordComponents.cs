using System.Text.Json.Nodes;

namespace Crm.Records;

/// <summary>The schemas of a kind of record; <c>components.json</c> holds what all kinds share.</summary>
internal static class RecordComponents
{
    /// <summary>A record as it is answered.</summary>
    public static JsonObject Record(RecordKind kind)
    {
        var properties = new JsonObject();
        foreach (var rule in kind.Rules) properties[rule.Field.Name] = Schema(kind, rule, answered: true);
        properties[KindFields.Member] = Own();
        properties["recordVersion"] = new JsonObject { ["type"] = "integer", ["description"] = "Counts people's edits." };
        properties["version"] = new JsonObject { ["type"] = "integer", ["description"] = "Counts everything that changed it." };
        if (kind.LiveMember is { } live) properties[live] = new JsonObject { ["anyOf"] = new JsonArray(Ref(char.ToUpperInvariant(live[0]) + live[1..]), new JsonObject { ["type"] = "null" }) };
        properties["deletedAt"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        properties[RecordJson.DeletedBy] = Ref("Linked");
        return new JsonObject { ["type"] = "object", ["required"] = new JsonArray("id"), ["properties"] = properties };
    }

    /// <summary>What of a record can be written.</summary>
    public static JsonObject Fields(RecordKind kind)
    {
        var properties = new JsonObject();
        foreach (var rule in kind.Rules.Where(r => !r.IsSystem)) properties[rule.Field.Name] = Schema(kind, rule, answered: false);
        properties[KindFields.Member] = Own();
        return new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }

    private static JsonObject Own() => new() { ["type"] = "object", ["description"] = "Fields of your own, by name: see /api/v1/fields.", ["additionalProperties"] = true };

    private static JsonObject Schema(RecordKind kind, FieldRule rule, bool answered) => rule.Field.Type switch
    {
        FieldType.Money when answered => Ref("Money"),
        FieldType.Money => new JsonObject { ["anyOf"] = new JsonArray(Ref("Money"), new JsonObject { ["type"] = "null" }) },
        FieldType.Link or FieldType.User when answered => Ref("Linked"),
        FieldType.Number => Typed("number"),
        FieldType.Flag => Typed("boolean"),
        FieldType.Time => Typed("string", ("format", "date-time")),
        FieldType.Day => Typed("string", ("format", "date")),
        FieldType.Choice => Typed("string", ("enum", new JsonArray([.. rule.Field.Choices.Select(c => (JsonNode)c)]))),
        FieldType.Choices or FieldType.Texts => Typed("array", ("maxItems", rule.Max), ("items", new JsonObject { ["type"] = "string" })),
        FieldType.Part when rule.LinkedMember is not null => Ref(char.ToUpperInvariant(kind.Name[0]) + kind.Name[1..] + "Lines"),
        FieldType.Html => Typed("string", ("maxLength", rule.Max), ("description", "Made harmless when it is written; pictures elsewhere keep their address in data-src. Of one record alone: lists and exports leave it out.")),
        FieldType.Part => new JsonObject { ["type"] = new JsonArray("object", "array", "null") },
        _ => Typed("string", ("maxLength", rule.Max)),
    };

    private static JsonObject Ref(string schema) => new() { ["$ref"] = "#/components/schemas/" + schema };

    // Null takes a field away, and an answer leaves out what is not there.
    private static JsonObject Typed(string type, params (string Name, JsonNode Value)[] more)
    {
        var schema = new JsonObject { ["type"] = new JsonArray(type, "null") };
        if (more.Any(m => m.Name == "enum")) schema = new JsonObject { ["type"] = type };
        foreach (var (name, value) in more) schema[name] = value;
        return schema;
    }
}
