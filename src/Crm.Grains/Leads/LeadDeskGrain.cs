using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Company;
using Crm.Records;
using Microsoft.Extensions.Logging;

namespace Crm.Leads;

/// <summary>
/// The desk of all leads: finds owners for new ones, takes idle ones back, ends conversions. All that it does begins with what is
/// stored, and each step changes nothing when it is done again.
/// </summary>
internal sealed partial class LeadDeskGrain(
    ILeadStore leads, IEventLogWriter log, ICompanySettings company, TimeProvider clock, ILogger<LeadDeskGrain> logger) : Grain, ILeadDeskGrain
{
    /// <summary>Leads of one look, of each kind.</summary>
    private const int MaxLeads = 200;

    private const string By = "crm";

    public async Task<bool> Work()
    {
        foreach (var lead in await leads.Pending(MaxLeads)) await Try(() => Settle(lead));
        var awaiting = await leads.Awaiting(MaxLeads);
        if (awaiting.Count > 0) await Assign(awaiting);
        var idle = await Recycle();
        return awaiting.Count == MaxLeads || idle == MaxLeads;
    }

    public async Task Settle(string lead)
    {
        if (await Fields(lead) is not { } fields || fields["pending"] is not JsonObject pending) return;
        if (pending["body"] is not null)
            await log.Append([LeadConversion.Event(pending, DateTimeOffset.Parse((string)fields["convertedAt"]!, CultureInfo.InvariantCulture))]);
        foreach (var made in pending["trash"] as JsonArray ?? [])
            await Trash((string)made!["kind"]!, (string)made["id"]!);
        await Do(lead, "settled", []);
    }

    public async Task<RecordAnswer> Unconvert(string lead, long? recordVersion, ChangeCause cause)
    {
        if (await Fields(lead) is not { } fields) return new RecordAnswer(RecordRefusal.Missing);
        await Settle(lead);
        foreach (var (kind, id) in (string?)fields["status"] == "converted" && fields["conversion"] is JsonObject conversion ? LeadConversion.Made(conversion) : [])
        {
            if (await GrainFactory.Record(kind, id).Get() is { DeletedAt: null, RecordVersion: > 1 } changed)
                return new RecordAnswer(RecordRefusal.Refused, null, Why: $"Somebody changed the {kind} {changed.Id} since. Put it into the trash yourself, if that is what you want, and ask again.");
        }

        var answer = await GrainFactory.Record(RecordKinds.Lead, lead).Do("unconvert", "{}", recordVersion, cause);
        if (answer.Refusal == RecordRefusal.None) await Settle(lead);
        return answer.Refusal == RecordRefusal.None ? answer with { Record = await GrainFactory.Record(RecordKinds.Lead, lead).Get() } : answer;
    }

    // One that somebody works with by now stays; the deal goes first, so that no deal stands without its company.
    private async Task Trash(string kind, string id)
    {
        var answer = await GrainFactory.Record(kind, id).SetDeleted(true, 1, Cause());
        if (answer.Refusal == RecordRefusal.Unknown) throw new InvalidOperationException("It is unknown whether a record went into the trash.");
    }

    private async Task Assign(IReadOnlyList<AwaitingLead> awaiting)
    {
        var rules = (await leads.Rules()).ToArray();
        foreach (var lead in awaiting)
        {
            var at = Array.FindIndex(rules, r => r.Source is null || string.Equals(r.Source, lead.Source, StringComparison.OrdinalIgnoreCase));
            var user = at < 0 ? null : await Choose(rules[at]);
            var answer = await Do(lead.Id, "assign", new JsonObject { ["user"] = user });
            if (user is null || answer.Record?.Owner != user) continue;
            await leads.Gave(rules[at]);
            rules[at] = rules[at] with { Given = rules[at].Given + 1 };
        }
    }

    private async Task<string?> Choose(LeadRule rule)
    {
        var enabled = await leads.Enabled(rule.Users);
        return LeadChoice.Of(rule, enabled, rule.Mode == LeadMode.LeastBusy ? await leads.Open(enabled) : new Dictionary<string, long>());
    }

    private async Task<int> Recycle()
    {
        if (company.Current.Sales.RecycleLeadsAfterDays is not { } days) return 0;
        var since = clock.GetUtcNow().AddDays(-days);
        var idle = await leads.Idle(since, MaxLeads);
        foreach (var lead in idle) await Try(() => Do(lead, "recycle", new JsonObject { ["idleSince"] = LeadRules.Time(since) }));
        return idle.Count;
    }

    // One lead that cannot be done must not hold up the others: it is tried again with the next look.
    private async Task Try(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailed(logger, failure.GetType().Name);
        }
    }

    private Task<RecordAnswer> Do(string lead, string command, JsonObject arguments) =>
        GrainFactory.Record(RecordKinds.Lead, lead).Do(command, arguments.ToJsonString(), null, Cause());

    private async Task<JsonObject?> Fields(string lead) =>
        await GrainFactory.Record(RecordKinds.Lead, lead).Get() is { } record ? (JsonObject)JsonNode.Parse(record.Fields)! : null;

    private static ChangeCause Cause() => new(By, null, Guid.NewGuid());

    [LoggerMessage(Level = LogLevel.Warning, Message = "A lead could not be seen to now ({Failure}); it is tried again")]
    private static partial void LogFailed(ILogger logger, string failure);
}

/// <summary>Whose turn it is. Pure.</summary>
internal static class LeadChoice
{
    /// <summary>One of the rule's users who are there; null for none.</summary>
    /// <param name="open">Open leads by user; none for who is missing.</param>
    public static string? Of(LeadRule rule, IReadOnlyList<string> enabled, IReadOnlyDictionary<string, long> open)
    {
        var users = rule.Users.Where(enabled.Contains).ToArray();
        if (users.Length == 0) return null;
        return rule.Mode == LeadMode.RoundRobin ? users[(int)(rule.Given % users.Length)] : users.MinBy(u => open.GetValueOrDefault(u));
    }
}
