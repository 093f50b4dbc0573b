using System.Collections.Frozen;

namespace Crm.Customers;

/// <summary>What holds for ids of one kind.</summary>
/// <param name="Limit">Ids of this kind that one customer keeps; above it the one seen longest ago goes.</param>
/// <param name="Priority">The smaller, the stronger: decides which of several ids links, and the order of answers.</param>
/// <param name="Personal">Names a person, not a device that several may use: equal ones are worth a look.</param>
internal sealed record ExternalIdRule(int Limit, int Priority, bool Personal);

/// <summary>The kinds of ids, their limits and priorities.</summary>
internal static class ExternalIdKinds
{
    public const string UserId = "user_id";
    public const string AnonymousId = "anonymous_id";

    /// <summary>Kinds of one customer beside those named below; more come from a script, not from a shop.</summary>
    public const int MaxCustomKinds = 20;

    private static readonly ExternalIdRule s_custom = new(Limit: 10, Priority: 50, Personal: true);
    private static readonly ExternalIdRule s_device = new(Limit: 20, Priority: 80, Personal: false);

    // A shared or private-mode browser makes many visitors; a person has few addresses and phones.
    private static readonly FrozenDictionary<string, ExternalIdRule> s_rules = new Dictionary<string, ExternalIdRule>
    {
        [UserId] = new(Limit: 50, Priority: 0, Personal: false),
        [AnonymousId] = new(Limit: 50, Priority: 1, Personal: false),
        [ExternalId.Email] = new(Limit: 20, Priority: 10, Personal: true),
        [ExternalId.Phone] = new(Limit: 20, Priority: 20, Personal: true),
        ["device_id"] = s_device,
        ["ga_client_id"] = s_device,
        ["cross_domain_id"] = s_device,
    }.ToFrozenDictionary();

    /// <summary>The rule for a kind. A dotted one (<c>ios.id</c>) is of a device.</summary>
    public static ExternalIdRule Of(string kind) =>
        s_rules.GetValueOrDefault(kind) ?? (kind.Contains('.', StringComparison.Ordinal) ? s_device : s_custom);

    /// <summary>True for a kind that is neither named above nor a device's.</summary>
    public static bool IsCustom(string kind) => !s_rules.ContainsKey(kind);
}
