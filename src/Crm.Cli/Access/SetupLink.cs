using Crm.Records;

namespace Crm.Access;

/// <summary>How the first administrator comes in from another machine.</summary>
internal static class SetupLink
{
    /// <summary>The token that makes the first account, once; the one before stops working. Null when there is an account.</summary>
    public static async Task<string?> Token(string postgres, TimeProvider clock, CancellationToken stop)
    {
        await using var database = Database.Open(postgres);
        return await new Users(database, clock).Any(stop) ? null : await new OneTimeLinks(database, clock).Make(LinkPurpose.Setup, null, ChangeCause.CommandLine, stop);
    }
}
