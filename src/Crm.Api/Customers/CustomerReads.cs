using System.Data.Common;
using Crm.Clickstream;
using Crm.Hosting;

namespace Crm.Customers;

/// <summary>What a read of a customer found.</summary>
/// <param name="View">The canonical customer; null with a problem.</param>
/// <param name="Problem">Why there is no answer.</param>
/// <param name="Progress">How far the partitions that were asked are.</param>
internal sealed record CustomerFound(CustomerView? View, Problem? Problem, IReadOnlyList<PartitionProgress> Progress)
{
    /// <summary>Age in milliseconds of the oldest event that may be missing.</summary>
    public long LagMs => Progress.Count == 0 ? 0 : Progress.Max(p => p.LagMs);
}

/// <summary>Finds a customer by any of its ids and reads its live state, or says why that cannot be answered truthfully now.</summary>
internal sealed partial class CustomerReads(
    IGrainFactory grains, PartitionReads partitions, ICustomerLookup lookup, TimeProvider clock, ILogger<CustomerReads> logger)
{
    /// <summary>Pause between two looks for an id that is being stored, and how many: two seconds in all.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(40);
    private const int MaxLooks = 50;

    /// <summary>Merges that are followed. Chains are shortened as they are made, so that a longer one means a fault.</summary>
    private const int MaxHops = 16;

    /// <summary>Customers that may share an external id before it names nobody.</summary>
    private const int MaxSharing = 8;

    private static readonly Problem s_badId = new(
        StatusCodes.Status400BadRequest, "bad-id", "This is no customer id.",
        "An id is u:<userId>, a:<anonymousId>, c:<id>, or another known id as kind:value, such as email:<address>, URL-encoded.");

    private static readonly Problem s_unknown = new(
        StatusCodes.Status404NotFound, "customer-unknown", "No customer has this id.",
        "Nobody sent an event with it, or it is not applied yet. Ids found by look-up (email and the like) show about a second late.");

    private static readonly Problem s_ambiguous = new(
        StatusCodes.Status409Conflict, "customer-ambiguous", "Several customers have this id.", "Ask by their u: or a: id instead.");

    private static readonly Problem s_lookupDown = new(
        StatusCodes.Status503ServiceUnavailable, "lookup-unavailable", "This kind of id cannot be looked up now.",
        "The database does not answer. Ids that begin with u: or a: can still be read. Try again after the pause.", 2);

    /// <summary>The customer behind an id, at least as new as <paramref name="minPosition"/>.</summary>
    public async Task<CustomerFound> Find(string id, string? minPosition, CancellationToken stop)
    {
        if (partitions.Away is { } away) return Failed(away);
        try
        {
            if (Direct(id) is { } direct) return await Read(direct, minPosition, stop);
            if (ExternalId(id) is not { } external) return Failed(s_badId);
            return await ReadExternal(external.Kind, external.Value, minPosition, stop);
        }
        catch (Exception exception) when (SiloLink.IsAbsence(exception) && !stop.IsCancellationRequested)
        {
            return Failed(PartitionReads.NoSilo);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            // A customer that cannot be read from the database throws what the database threw.
            LogUnreadable(logger, exception.GetType().Name, exception.Message);
            return Failed(PartitionReads.NotCurrent);
        }
    }

    /// <summary>The customer id that a text is; null when it is of another kind.</summary>
    internal static string? Direct(string id)
    {
        const string User = "user_id:", Visitor = "anonymous_id:";
        if (id.StartsWith(User, StringComparison.Ordinal)) id = CustomerId.User(id[User.Length..]);
        else if (id.StartsWith(Visitor, StringComparison.Ordinal)) id = CustomerId.Visitor(id[Visitor.Length..]);
        return CustomerId.IsCustomerId(id) && id.Length <= CustomerId.MaxLength + 2 ? id : null;
    }

    /// <summary>Kind and value of an id by which customers are looked up; null when it is no such id.</summary>
    internal static (string Kind, string Value)? ExternalId(string id)
    {
        var colon = id.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || id.Length > CustomerId.MaxLength + 33 || !Customers.ExternalId.IsKind(id.AsSpan(0, colon))) return null;
        return Customers.ExternalId.Of(id[..colon], id[(colon + 1)..]) is { } known ? (known.Kind, known.Value) : null;
    }

    private async Task<CustomerFound> Read(string id, string? minPosition, CancellationToken stop)
    {
        var (asked, last) = (id, id);
        var progress = new List<PartitionProgress>();
        for (var hop = 0; hop <= MaxHops; hop++)
        {
            // Each customer on the way may be one that the position's events merge.
            var (reached, problem) = await partitions.Reach(minPosition, id, stop);
            if (problem is not null) return Failed(problem);
            progress.AddRange(reached);

            // Asked before: the profile holds at least what was applied then.
            var own = partitions.Of(id);
            if (!progress.Exists(p => p.Partition == own)) progress.Add(await partitions.Recently(own, stop));
            var answer = await grains.Customer(id).View().WaitAsync(stop);
            if (answer.NotCurrent || progress.Exists(p => !p.Current)) return Failed(PartitionReads.NotCurrent);
            if (answer.View is { } view)
            {
                // Taken out of this one while it was looked for: this is not who was asked for any more.
                if (!view.Lanes.Contains(asked))
                {
                    id = await Anew(asked, last, id);
                    continue;
                }

                (var waited, problem) = await partitions.ReachLanes(minPosition, view.Lanes.Where(lane => lane != id), stop);
                if (problem is not null) return Failed(problem);
                if (!waited) return new CustomerFound(view, null, progress);
                answer = await grains.Customer(id).View().WaitAsync(stop);
                if (answer.NotCurrent) return Failed(PartitionReads.NotCurrent);
                if (answer.View is { } whole)
                {
                    if (whole.Lanes.Contains(asked)) return new CustomerFound(whole, null, progress);
                    id = await Anew(asked, last, id);
                    continue;
                }
            }

            if (answer.MovedTo is null) return Failed(s_unknown);
            (last, id) = (id, answer.MovedTo);
        }

        return Failed(PartitionReads.NotCurrent);
    }

    /// <summary>
    /// Whoever was asked for leads to a customer that does not have it: taken out of it meanwhile, or this is an activation that
    /// another one has overtaken. Told what the ledger gave it, such a one tries to store it, and ends.
    /// </summary>
    private async Task<string> Anew(string asked, string last, string found)
    {
        if (last != found) await grains.Customer(found).Given(last);
        if (asked != last) await grains.Customer(found).Given(asked);
        return asked;
    }

    private async Task<CustomerFound> ReadExternal(string kind, string value, string? minPosition, CancellationToken stop)
    {
        var (reached, problem) = await partitions.Reach(minPosition, null, stop);
        if (problem is not null) return Failed(problem);
        IReadOnlyList<string> ids;
        try
        {
            ids = await lookup.ByExternalId(kind, value, MaxSharing, stop);

            // Who waits for an own event may name the customer by what that event told: it is stored some milliseconds later.
            for (var look = 0; ids.Count == 0 && reached.Count > 0 && look < MaxLooks; look++)
            {
                await Task.Delay(LookAgain, clock, stop);
                ids = await lookup.ByExternalId(kind, value, MaxSharing, stop);
            }
        }
        catch (Exception exception) when (exception is DbException or TimeoutException or IOException)
        {
            return Failed(s_lookupDown);
        }

        CustomerFound? found = null;
        foreach (var id in ids)
        {
            var next = await Read(id, minPosition, stop);
            if (next.Problem is { Status: not StatusCodes.Status404NotFound }) return next;
            if (next.View is null || next.View.Id == found?.View?.Id) continue;
            if (found is not null) return Failed(s_ambiguous);
            found = next;
        }

        return found ?? Failed(s_unknown);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A customer could not be read: {Failure} ({Message})")]
    private static partial void LogUnreadable(ILogger logger, string failure, string message);

    private static CustomerFound Failed(Problem problem) => new(null, problem, []);
}
