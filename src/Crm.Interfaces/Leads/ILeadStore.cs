using Crm.Records;

namespace Crm.Leads;

/// <summary>How a rule chooses among its users.</summary>
public enum LeadMode
{
    /// <summary>Each in turn.</summary>
    RoundRobin,

    /// <summary>Who has the fewest open leads.</summary>
    LeastBusy,
}

/// <summary>Who gets new leads that nobody owns.</summary>
/// <param name="Source">Of leads of this source; null for any.</param>
/// <param name="Users">Ids of users.</param>
/// <param name="Given">Leads that it gave so far.</param>
public sealed record LeadRule(string? Source, LeadMode Mode, IReadOnlyList<string> Users, long Given = 0)
{
    /// <summary>Most rules, and most users of one.</summary>
    public const int MaxRules = 100;

    /// <inheritdoc cref="MaxRules"/>
    public const int MaxUsers = 200;
}

/// <summary>A new lead that nobody owns.</summary>
public sealed record AwaitingLead(string Id, string? Source);

/// <summary>What is asked of many leads at once.</summary>
public interface ILeadStore
{
    /// <summary>New leads that wait for an owner, the oldest first.</summary>
    Task<IReadOnlyList<AwaitingLead>> Awaiting(int max, CancellationToken stop = default);

    /// <summary>Owned open leads that nobody touched since a moment.</summary>
    Task<IReadOnlyList<string>> Idle(DateTimeOffset since, int max, CancellationToken stop = default);

    /// <summary>Leads whose conversion, or its undoing, is not carried out to the end.</summary>
    Task<IReadOnlyList<string>> Pending(int max, CancellationToken stop = default);

    /// <summary>Open leads that a user claimed and still owns.</summary>
    Task<long> Claimed(string user, CancellationToken stop = default);

    /// <summary>Open leads of some users; who has none is not there.</summary>
    Task<IReadOnlyDictionary<string, long>> Open(IReadOnlyList<string> users, CancellationToken stop = default);

    /// <summary>Of some users those who may sign in.</summary>
    Task<IReadOnlyList<string>> Enabled(IReadOnlyList<string> users, CancellationToken stop = default);

    /// <summary>The rules, in order.</summary>
    Task<IReadOnlyList<LeadRule>> Rules(CancellationToken stop = default);

    /// <summary>Replaces the rules; those that stay as they are go on in their turn.</summary>
    Task SetRules(IReadOnlyList<LeadRule> rules, ChangeCause cause, CancellationToken stop = default);

    /// <summary>A rule gave a lead.</summary>
    Task Gave(LeadRule rule, CancellationToken stop = default);
}
