namespace Crm.Customers;

/// <summary>
/// The opaque id of a customer: <c>u:&lt;userId&gt;</c> for a known user, <c>a:&lt;anonymousId&gt;</c> for a visitor,
/// <c>c:&lt;opaque&gt;</c> for a person made in the CRM without a user id.
/// </summary>
public static class CustomerId
{
    /// <summary>Longest user or visitor id that is accepted, in characters. Longer ones are refused: no real client makes them.</summary>
    public const int MaxLength = 256;

    /// <summary>Id of a known user.</summary>
    public static string User(string userId) => "u:" + userId;

    /// <summary>Id of a visitor.</summary>
    public static string Visitor(string anonymousId) => "a:" + anonymousId;

    /// <summary>Id of a person made in the CRM.</summary>
    public static string Made(string opaque) => "c:" + opaque;

    /// <summary>True for a person made in the CRM.</summary>
    public static bool IsMade(string id) => id is ['c', ':', _, ..];

    /// <summary>True for a known user.</summary>
    public static bool IsUser(string id) => id is ['u', ':', _, ..];

    /// <summary>
    /// False for what broken clients send in place of an id, by which strangers would become one person: empty, <c>null</c>,
    /// <c>undefined</c>, <c>anonymous</c>, <c>-1</c>, only zeros and dashes; and for what is too long to be an id.
    /// </summary>
    public static bool IsUsable(string? id)
    {
        if (id is null || id.Length > MaxLength) return false;
        var trimmed = id.AsSpan().Trim();
        if (trimmed.IndexOfAnyExcept('0', '-') < 0) return false;
        return trimmed.Length switch
        {
            2 => trimmed is not "-1",
            4 => !trimmed.Equals("null", StringComparison.OrdinalIgnoreCase),
            9 => !trimmed.Equals("undefined", StringComparison.OrdinalIgnoreCase)
                && !trimmed.Equals("anonymous", StringComparison.OrdinalIgnoreCase),
            _ => true,
        };
    }

    /// <summary>True for the three forms of a customer id.</summary>
    public static bool IsCustomerId(string id) =>
        id is { Length: > 2 } && id[1] == ':' && (id[0] is 'u' or 'a' or 'c');
}
