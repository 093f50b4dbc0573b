using Crm.Access;
using Crm.Clickstream;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Customers;

/// <summary>
/// Customers who are so new that no row has them yet: a record may name one right after its first event was accepted, though it is applied
/// some milliseconds later and stored about a second later.
/// </summary>
internal static class NewCustomers
{
    /// <summary>Ids of one body that are asked for, one after the other: whoever names more at once names old ones, too.</summary>
    private const int MostAsked = 10;

    /// <summary>Adds those that there are and that who asks may read; the problem when that cannot be said now.</summary>
    public static async Task<Problem?> Add(HttpContext context, IEnumerable<string> ids, Dictionary<(string Kind, string Id), RecordState> found)
    {
        foreach (var id in ids.Where(id => CustomerReads.Direct(id) == id).Distinct(StringComparer.Ordinal).Take(MostAsked))
        {
            var live = await context.RequestServices.GetRequiredService<CustomerReads>().Find(id, await End(context, id), context.RequestAborted);
            if (live.Problem is { Status: not StatusCodes.Status404NotFound } problem) return problem;
            if (live.View is not { } view || await CustomerCards.Card(context, view.Id) is not { DeletedAt: null } card) continue;
            if (context.Actor().May(RecordAction.Read, RecordKinds.Customer, card.Whose)) found[(RecordKinds.Customer, id)] = card;
        }

        return null;
    }

    // Where the log ends now: whatever was accepted before is waited for.
    private static async Task<string?> End(HttpContext context, string id)
    {
        var services = context.RequestServices;
        var partitions = services.GetRequiredService<PartitionReads>();
        if (partitions.Away is not null || services.GetRequiredService<LogIdentity>().Id is not { } log) return null;
        var partition = partitions.Of(id);
        return new LogPosition(log, [new PartitionSeq(partition, await services.GetRequiredService<IEventLog>().Head(partition, context.RequestAborted))]).ToString();
    }
}
