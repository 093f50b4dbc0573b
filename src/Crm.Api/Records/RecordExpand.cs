using System.Text.Json.Nodes;
using Crm.Access;

namespace Crm.Records;

/// <summary>Shows links of a page as the records that they name. One that may not be read, or is gone, is shown as its id alone.</summary>
internal static class RecordExpand
{
    public static async Task Fill(HttpContext context, IReadOnlyList<JsonObject> records, IReadOnlyList<FieldRule> links)
    {
        if (links.Count == 0) return;
        var (actor, stop) = (context.Actor(), context.RequestAborted);
        var asked =
            from record in records
            from rule in links
            where rule.Field.Type == FieldType.Link
            let id = Id(record, rule)
            where id is not null
            select (rule.LinkedKind!, id);
        var found = await context.RequestServices.GetRequiredService<LinkedRecords>().Readable(asked, actor, stop);
        var people = context.RequestServices.GetService<PeopleDirectory>();
        foreach (var record in records)
            foreach (var rule in links)
                if (Id(record, rule) is { } id) Put(record, rule, rule.Field.Type == FieldType.User ? User(id, people) : Record(rule.LinkedKind!, id, found, context));
    }

    private static JsonObject Record(string kind, string id, IReadOnlyDictionary<(string, string), RecordState> found, HttpContext context) =>
        found.TryGetValue((kind, id), out var record)
            ? RecordJson.Of(record, context.Actor(), RecordKind.Named(kind) is null ? null : context.Fields(kind))
            : new JsonObject { ["id"] = id };

    /// <summary>A user as links show one; of whoever is none, such as a key, the id alone.</summary>
    public static JsonObject User(string id, PeopleDirectory? people)
    {
        var json = new JsonObject { ["id"] = id };
        if (people?.User(id) is { } user) json["name"] = user.Name;
        return json;
    }

    private static string? Id(JsonObject record, FieldRule rule) => Holder(record, rule, out var name)?[name] is JsonValue value && value.TryGetValue(out string? id) ? id : null;

    private static void Put(JsonObject record, FieldRule rule, JsonObject value) => Holder(record, rule, out var name)![name] = value;

    private static JsonObject? Holder(JsonObject record, FieldRule rule, out string name)
    {
        var isOwn = rule.Field.Name.StartsWith(CustomField.Prefix, StringComparison.Ordinal);
        name = isOwn ? rule.Field.Name[CustomField.Prefix.Length..] : rule.Field.Name;
        return isOwn ? record[KindFields.Member] as JsonObject : record;
    }
}
