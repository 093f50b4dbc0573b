using Crm.Privacy;
using Crm.Records;

namespace Crm.Access;

/// <summary>Who changes accounts, keys and settings, as the audit is told: and from where, by the address without what names a single connection.</summary>
internal static class AccountAudit
{
    /// <summary>Who tried to sign in and did not.</summary>
    public const string Nobody = "nobody";

    /// <param name="by">Who does it; null for who asks.</param>
    public static ChangeCause Cause(this HttpContext context, string? by = null) =>
        new(by ?? context.Actor().Name, ContextPrivacy.Truncated(context.Connection.RemoteIpAddress?.ToString()), Guid.NewGuid());
}
