using System.Text.Json.Nodes;

namespace Crm.Access;

/// <summary>What the audit says of a change of a user: never a password, nor anything that opens something.</summary>
public static class UserChanges
{
    /// <summary>Who changes accounts by <c>crm users</c>, in the audit.</summary>
    public const string CommandLine = "command line";

    /// <summary>Each field that differs, as <c>{"role": {"from": "sales", "to": "manager"}}</c>; of a new user those that are set.</summary>
    /// <param name="before">Null for a new user.</param>
    public static JsonObject Between(CrmUser? before, CrmUser after)
    {
        ArgumentNullException.ThrowIfNull(after);
        var (changes, old, now) = (new JsonObject(), before is null ? [] : Fields(before), Fields(after));
        foreach (var (name, value) in now.Where(f => !JsonNode.DeepEquals(f.Value, old[f.Key])))
            changes[name] = new JsonObject { ["from"] = old[name]?.DeepClone(), ["to"] = value?.DeepClone() };
        return changes;
    }

    private static JsonObject Fields(CrmUser user) => new()
    {
        ["userName"] = user.UserName, ["name"] = user.Name, ["email"] = user.Email, ["role"] = user.Role, ["team"] = user.Team,
        ["language"] = user.Language, ["enabled"] = user.Enabled,
    };
}
