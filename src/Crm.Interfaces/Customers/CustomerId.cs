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

    /// <summary>True for the three forms of a customer id.</summary>
    public static bool IsCustomerId(string id) =>
        id is { Length: > 2 } && id[1] == ':' && (id[0] is 'u' or 'a' or 'c');
}
