namespace Crm.Access;

/// <summary>Who asks, and what they may do: left with the request by whatever let it in.</summary>
internal static class Actors
{
    /// <summary>Who asks. Endpoints of records have the policy <see cref="Policies.Records"/>, so there is one.</summary>
    public static Actor Actor(this HttpContext context) =>
        context.Features.Get<Actor>() ?? throw new InvalidOperationException("The endpoint lets in who is nobody.");

    /// <summary>What a server's key may do with records: it is no user, and its scopes are its role.</summary>
    public static Actor Of(ApiKey key)
    {
        var read = key.Scopes.Contains(Scopes.Read) ? RecordScope.All : RecordScope.None;
        var write = key.Scopes.Contains(Scopes.Ingest);
        var rights = new KindRights
        {
            Create = write, Read = read, Export = read, Edit = write ? RecordScope.All : RecordScope.None, Delete = RecordScope.None,
        };
        return new Actor
        {
            Key = key.Id.ToString(),
            Administers = key.Scopes.Contains(Scopes.Admin),
            Rights = key.Kind == ApiKeyKind.Server ? RecordKinds.All.ToDictionary(k => k, _ => rights) : new Dictionary<string, KindRights>(),
        };
    }
}
