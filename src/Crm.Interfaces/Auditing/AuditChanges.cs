using System.Text.Json.Nodes;

namespace Crm.Auditing;

/// <summary>What a line of the audit says of something that is no record and was made, changed or ended.</summary>
public static class AuditChanges
{
    /// <summary>Each field that differs, as <c>{"role": {"from": "sales", "to": "manager"}}</c>.</summary>
    /// <param name="before">Null of what is new: then those that are set.</param>
    /// <param name="after">Null of what is gone.</param>
    public static JsonObject Between(JsonObject? before, JsonObject? after)
    {
        var changes = new JsonObject();
        foreach (var name in (before ?? []).Select(f => f.Key).Union((after ?? []).Select(f => f.Key)))
        {
            var (from, to) = (before?[name], after?[name]);
            if (!JsonNode.DeepEquals(from, to)) changes[name] = new JsonObject { ["from"] = from?.DeepClone(), ["to"] = to?.DeepClone() };
        }

        return changes;
    }
}
