using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Crm.Records;

/// <summary>
/// Edits of a record's fields: pure. A patch is a merge-patch (RFC 7396): null takes a field away. What comes out is canonical, and
/// holds fields of the kind's rules alone.
/// </summary>
internal static class RecordEdit
{
    /// <summary>Longest text of which the audit holds what it was and what it became, in characters.</summary>
    public const int MaxTold = 20_000;

    /// <summary>The fields of a new record.</summary>
    public static JsonObject Create(KindFields kind, JsonObject given, IDictionary<string, string> errors)
    {
        var fields = new JsonObject();
        foreach (var rule in kind.Kind.Rules)
            if (rule.Default is { } value) fields[rule.Field.Name] = value;
        var made = Patch(kind, fields, given, errors);
        foreach (var rule in kind.Own.Where(r => r.Required)) Need(rule, made[KindFields.Member]?[OwnName(rule)], errors);
        return made;
    }

    /// <summary>The fields after a patch; what cannot be used is named in <paramref name="errors"/>, by field.</summary>
    public static JsonObject Patch(KindFields kind, JsonObject fields, JsonObject patch, IDictionary<string, string> errors)
    {
        var result = (JsonObject)fields.DeepClone();
        foreach (var (name, given) in patch)
        {
            if (name == KindFields.Member) PatchOwn(kind, result, given, errors);
            else if (kind.Kind.Rule(name) is { } rule) Set(rule, result, name, given, errors);
            else errors[name] = $"{name}: There is no such field.";
        }

        foreach (var rule in kind.Kind.Rules.Where(r => r.Required)) Need(rule, result[rule.Field.Name], errors);
        return result;
    }

    /// <summary>The fields without a value of a field of one's own.</summary>
    public static JsonObject Without(JsonObject fields, string own)
    {
        var result = (JsonObject)fields.DeepClone();
        if (result[KindFields.Member] is JsonObject held && held.Remove(own) && held.Count == 0) result.Remove(KindFields.Member);
        return result;
    }

    /// <summary>What differs: field to <c>[before, after]</c>; empty when nothing does.</summary>
    public static JsonObject Changes(JsonObject before, JsonObject after)
    {
        var changes = new JsonObject();
        foreach (var name in before.Select(f => f.Key).Union(after.Select(f => f.Key)).Order(StringComparer.Ordinal))
            if (!JsonNode.DeepEquals(before[name], after[name])) changes[name] = new JsonArray(before[name]?.DeepClone(), after[name]?.DeepClone());
        return changes;
    }

    /// <summary>Changes as the audit tells them: a long text by its length and its hash, for the record itself has it.</summary>
    public static JsonObject Told(JsonObject changes)
    {
        foreach (var (_, change) in changes)
        {
            if (change is not JsonArray sides) continue;
            for (var side = 0; side < sides.Count; side++)
                if (sides[side] is JsonValue value && value.TryGetValue(out string? text) && text.Length > MaxTold) sides[side] = Digest(text);
        }

        return changes;
    }

    private static JsonObject Digest(string text) => new()
    {
        ["length"] = text.Length, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
    };

    private static void PatchOwn(KindFields kind, JsonObject result, JsonNode? given, IDictionary<string, string> errors)
    {
        if (given is not JsonObject patch)
        {
            errors[KindFields.Member] = "custom: It is an object of fields of your own, each null to take it away.";
            return;
        }

        var own = result[KindFields.Member] as JsonObject ?? [];
        foreach (var (name, value) in patch)
        {
            var path = CustomField.Prefix + name;
            if (kind.Rule(path) is not { } rule)
            {
                errors[path] = $"{path}: There is no such field.";
                continue;
            }

            Set(rule, own, name, value, errors);
            if (rule.Required) Need(rule, own[name], errors);
        }

        if (own.Parent is null) result[KindFields.Member] = own;
        if (own.Count == 0) result.Remove(KindFields.Member);
    }

    private static void Set(FieldRule rule, JsonObject fields, string name, JsonNode? given, IDictionary<string, string> errors)
    {
        if (rule.IsSystem) errors[rule.Field.Name] = $"{rule.Field.Name}: It is set by the CRM alone.";
        else if (given is null) fields.Remove(name);
        else if (Clean(rule, fields[name], given, out var wrong) is { } clean) fields[name] = clean;
        else errors[rule.Field.Name] = $"{rule.Field.Name}: {wrong}";
    }

    // What is stored already was made harmless: it is left as it is.
    private static JsonNode? Clean(FieldRule rule, JsonNode? stored, JsonNode given, out string? wrong)
    {
        var clean = FieldValues.Clean(rule, given, out wrong);
        if (rule.Field.Type != FieldType.Html || clean is null || JsonNode.DeepEquals(clean, stored)) return clean;
        return HtmlText.Clean((string)clean!, rule.Max, out wrong) is { } harmless ? JsonValue.Create(harmless) : null;
    }

    private static void Need(FieldRule rule, JsonNode? value, IDictionary<string, string> errors)
    {
        if (IsEmpty(value)) errors.TryAdd(rule.Field.Name, $"{rule.Field.Name}: It is needed.");
    }

    private static string OwnName(FieldRule rule) => rule.Field.Name[CustomField.Prefix.Length..];

    private static bool IsEmpty(JsonNode? value) => value is null || (value is JsonValue text && text.TryGetValue(out string? held) && held.Length == 0);
}
