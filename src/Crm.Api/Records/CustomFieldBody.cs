using System.Text.Json.Nodes;
using Crm.Access;

namespace Crm.Records;

/// <summary>A field as it is answered.</summary>
/// <param name="Kind">The kind of record that has it, such as <c>company</c>.</param>
/// <param name="Name">Its name under <c>custom</c>; filters and sorts call it <c>custom.NAME</c>.</param>
/// <param name="Type"><c>text</c>, <c>number</c>, <c>money</c>, <c>date</c>, <c>choice</c>, <c>choices</c>, <c>user</c> or <c>link</c>.</param>
/// <param name="Indexed">True when filters and sorts by it are fast.</param>
internal sealed record FieldView(
    string Id, string Kind, string Name, string Label, string Type, bool Required, IReadOnlyList<string> Choices, string? LinkedKind, bool Indexed,
    DateTimeOffset? DeletedAt, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static FieldView Of(CustomField field) => new(
        field.Id, field.Kind, field.Name, field.Label, CustomField.Types.First(t => t.Value == field.Type).Key, field.Required, field.Choices, field.LinkedKind,
        field.Indexed, field.DeletedAt, field.CreatedAt, field.UpdatedAt);
}

/// <summary>All fields.</summary>
internal sealed record FieldList(IReadOnlyList<FieldView> Items);

/// <summary>A field to be made.</summary>
internal sealed record FieldCreation(string Kind, string Name, string? Label, string Type, bool? Required, IReadOnlyList<string>? Choices, string? LinkedKind);

/// <summary>What of a field can change.</summary>
internal sealed record FieldChange(string? Label, bool? Required, IReadOnlyList<string>? Choices);

/// <summary>What became of a deleted field's values. <paramref name="Records"/>: how many hold one, counted up to 1,000.</summary>
internal sealed record FieldDeletion(int Records, string Detail);

/// <summary>What a call of a purge did. <paramref name="Left"/>: call it again.</summary>
internal sealed record FieldPurge(int Purged, bool Left);

/// <summary>Reads a field's body.</summary>
internal static class CustomFieldBody
{
    private const int MaxLabelLength = 100;

    /// <summary>A new field; null with what is wrong.</summary>
    public static CustomField? New(string id, JsonObject body, out Dictionary<string, string> errors)
    {
        errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var (kind, name, type) = (Text(body["kind"]), Text(body["name"]), Text(body["type"]));
        if (kind is null || RecordKind.Named(kind) is null) errors["kind"] = $"kind: It is one of {string.Join(", ", RecordKind.All.Select(k => k.Name))}.";
        if (!CustomField.IsName(name)) errors["name"] = $"name: It is 1 to {CustomField.MaxNameLength} letters, digits and underscores, and begins with a letter.";
        if (type is null || !CustomField.Types.ContainsKey(type)) errors["type"] = $"type: It is one of {string.Join(", ", CustomField.Types.Keys)}.";
        foreach (var (member, _) in body)
            if (member is not ("kind" or "name" or "type" or "label" or "required" or "choices" or "linkedKind")) errors[member] = $"{member}: A field has no such member.";
        var linked = Text(body["linkedKind"]);
        if ((type == "link") != (linked is not null) || (linked is not null && !RecordKinds.All.Contains(linked)))
            errors["linkedKind"] = $"linkedKind: A link, and nothing else, names one of {string.Join(", ", RecordKinds.All)}.";
        var field = new CustomField(id, kind ?? "", name ?? "", CustomField.Types.GetValueOrDefault(type ?? "")) { Label = name ?? "", LinkedKind = linked };
        return Apply(field, body, errors);
    }

    /// <summary>A field after a merge-patch; null with what is wrong.</summary>
    public static CustomField? Change(CustomField field, JsonObject body, out Dictionary<string, string> errors)
    {
        errors = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (member, _) in body)
            if (member is not ("label" or "required" or "choices")) errors[member] = $"{member}: It cannot change. Make another field.";
        return Apply(field, body, errors);
    }

    private static CustomField? Apply(CustomField field, JsonObject body, Dictionary<string, string> errors)
    {
        if (body["label"] is { } label)
        {
            field = field with { Label = Text(label)?.Trim() ?? "" };
            if (field.Label.Length is 0 or > MaxLabelLength || field.Label.Any(char.IsControl)) errors["label"] = $"label: It is 1 to {MaxLabelLength} visible characters.";
        }

        if (body["required"] is { } required)
        {
            if (required is JsonValue flag && flag.TryGetValue(out bool on)) field = field with { Required = on };
            else errors["required"] = "required: It is true or false.";
        }

        if (body["choices"] is { } given) field = field with { Choices = [.. (given as JsonArray ?? []).Select(c => Text(c)?.Trim() ?? "")] };
        var takes = field.Type is FieldType.Choice or FieldType.Choices;
        if (takes != (field.Choices.Count > 0) || field.Choices.Count > CustomField.MaxChoices
            || field.Choices.Any(c => c.Length is 0 or > CustomField.MaxChoiceLength || c.Any(char.IsControl))
            || field.Choices.Distinct(StringComparer.OrdinalIgnoreCase).Count() != field.Choices.Count)
            errors["choices"] = $"choices: A choice, or choices, and nothing else, has 1 to {CustomField.MaxChoices} different texts of at most {CustomField.MaxChoiceLength} characters.";
        return errors.Count > 0 ? null : field;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
