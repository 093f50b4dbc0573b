namespace Crm.Customers;

/// <summary>
/// Links people made in the CRM with the users whom a server's key names by the same id, and notes everybody else with an equal id
/// as a candidate. What waits is stored with the customers' rows, and ends waiting only when all of it was done: it can be repeated.
/// </summary>
internal sealed class DuplicatesGrain(IDuplicates duplicates, IMergeLedger ledger) : Grain, IDuplicatesGrain
{
    /// <summary>Ids of one look: each costs a few index look-ups, a link some calls.</summary>
    private const int MaxIds = 500;

    public async Task<bool> Look()
    {
        var waiting = await duplicates.Waiting(MaxIds);
        if (waiting.Count == 0) return false;
        var pairs = new List<(string One, string Other, string Kind, string Value)>();
        var linked = new HashSet<string>(StringComparer.Ordinal);
        var done = new List<SharedId>(waiting.Count);
        foreach (var shared in waiting.OrderBy(s => ExternalIdKinds.Of(s.Kind).Priority))
        {
            var link = DuplicateRules.Link(shared);
            if (link is { } found && !await MayLink(found, linked)) link = null;
            if (link is { } wanted)
            {
                if (!await GrainFactory.Customer(wanted.User).Claim(wanted.Made, DuplicateRules.Reason)) continue;
                linked.Add(wanted.User);
                await GrainFactory.Customer(wanted.User).Wake();
            }

            pairs.AddRange(DuplicateRules.Candidates(shared, link?.Made));
            done.Add(shared);
        }

        if (pairs.Count > 0) await duplicates.Add(pairs);
        await duplicates.Settle(done);
        return waiting.Count == MaxIds;
    }

    /// <summary>A user is one person of the CRM: the strongest kind of id says which, and others are for people to decide.</summary>
    private async Task<bool> MayLink(DuplicateLink link, HashSet<string> linked) =>
        !linked.Contains(link.User) && !(await ledger.Into(link.User, CustomerRecord.MaxAbsorbed)).Any(e => CustomerId.IsMade(e.Source));
}

/// <summary>A person made in the CRM who is the same as a user.</summary>
internal readonly record struct DuplicateLink(string User, string Made);

/// <summary>What an id that several have says of them. Pure.</summary>
internal static class DuplicateRules
{
    /// <summary>Why a person was linked, in the ledger.</summary>
    public const string Reason = "external_id";

    /// <summary>One user of whom a server's key told the id, and exactly one person made in the CRM with it.</summary>
    public static DuplicateLink? Link(SharedId shared)
    {
        if (!ExternalIdKinds.Of(shared.Kind).Personal) return null;
        var users = shared.Holders.Where(h => h.ToldByServer && CustomerId.IsUser(h.Customer)).ToArray();
        var made = shared.Holders.Where(h => CustomerId.IsMade(h.Customer)).ToArray();
        return users.Length == 1 && made.Length == 1 ? new DuplicateLink(users[0].Customer, made[0].Customer) : null;
    }

    /// <summary>The id's customer with each other one that has it; not with the one that is linked.</summary>
    public static IEnumerable<(string One, string Other, string Kind, string Value)> Candidates(SharedId shared, string? linked) =>
        ExternalIdKinds.Of(shared.Kind).Personal && shared.Customer != linked
            ? shared.Holders.Where(h => h.Customer != shared.Customer && h.Customer != linked)
                .Select(h => (shared.Customer, h.Customer, shared.Kind, shared.Value))
            : [];
}
