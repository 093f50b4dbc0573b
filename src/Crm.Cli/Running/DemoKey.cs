using Crm.Access;

namespace Crm.Running;

/// <summary>The write key of the demo shop, the same in every run on a data folder.</summary>
internal static class DemoKey
{
    private const string File = "demo-key";

    public static async Task<string> Get(RunFolder folder, string postgres, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var database = Database.Open(postgres);
        var keys = new ApiKeys(database, clock);
        if (folder.Read(File) is { } kept && await keys.Find(ApiKeySecret.Hash(kept), cancellationToken) is not null)
        {
            return kept;
        }

        var made = await keys.Create(ApiKeyKind.Write, "demo", stop: cancellationToken);
        folder.Write(File, made.Secret);
        return made.Secret;
    }
}
