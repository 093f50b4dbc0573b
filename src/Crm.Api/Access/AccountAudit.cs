using System.Text.Json.Nodes;
using Crm.Privacy;
using Crm.Records;

namespace Crm.Access;

/// <summary>
/// What people did with accounts, as lines of the audit: who, what, and from where, by the address without what names a single connection.
/// Personal data stands in the changes alone, which an erasure can take away.
/// </summary>
internal static class AccountAudit
{
    /// <summary>Who tried to sign in and did not.</summary>
    public const string Nobody = "nobody";

    /// <summary>Writes a line. What was done is done: it is written also when whoever asked has gone.</summary>
    /// <param name="by">Who did it; null for who asks.</param>
    public static Task Note(this HttpContext context, string kind, string record, string action, JsonObject? changes = null, string? by = null) =>
        context.RequestServices.GetRequiredService<RecordAudit>().Write(
            kind, record, action, (changes ?? []).ToJsonString(),
            new ChangeCause(by ?? context.Actor().Name, ContextPrivacy.Truncated(context.Connection.RemoteIpAddress?.ToString()), Guid.NewGuid()), CancellationToken.None);

    /// <summary>
    /// Notes a wrong try of a password, and that it locked the account. A name that nobody has is not written down: it may be a password
    /// in the wrong field.
    /// </summary>
    public static async Task NoteWrong(this HttpContext context, string action, CrmUser? user, SignInEnd end, string by = Nobody)
    {
        var reason = user is null ? "unknown" : end switch
        {
            SignInEnd.Locked => "locked",
            SignInEnd.Closed => "closed",
            _ => "wrong",
        };
        await context.Note("user", user?.Id ?? "", action, new JsonObject { ["reason"] = reason }, by);
        if (user is not null && end == SignInEnd.Locks) await context.Note("user", user.Id, "lock", by: by);
    }
}
