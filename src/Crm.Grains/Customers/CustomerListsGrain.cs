using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Records;
using Microsoft.Extensions.Logging;

namespace Crm.Customers;

/// <summary>
/// Has customers list themselves who are due, and cards taken over that merges left behind. What waits is stored, and waits on until it
/// was surely done: all of it can be repeated.
/// </summary>
internal sealed partial class CustomerListsGrain(
    ICustomerLists lists, ICompanySettings company, TimeProvider clock, ILogger<CustomerListsGrain> logger) : Grain, ICustomerListsGrain
{
    /// <summary>Customers of one round: their rows go in a few statements.</summary>
    private const int MaxListings = 1_000;

    /// <summary>Cards of one round; each costs some calls and two writes.</summary>
    private const int MaxCards = 100;

    /// <summary>Silos' copies of the settings are a few seconds old at most.</summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(20);

    private CompanySettings? _settings;

    public async Task<bool> Work()
    {
        var due = await lists.Due(clock.GetUtcNow(), MaxListings);
        var listed = await Task.WhenAll(due.Select(List));
        DueListing[] done = [.. due.Where((_, at) => listed[at])];
        if (done.Length > 0) await lists.Settle(done);
        var cards = await lists.Cards(MaxCards);
        var taken = 0;
        foreach (var merge in cards) taken += await TakeOver(merge) ? 1 : 0;
        await CheckTerms();
        return done.Length == MaxListings || taken == MaxCards;
    }

    private async Task<bool> List(DueListing due)
    {
        try
        {
            return await GrainFactory.Customer(due.Customer).List();
        }
        catch (Exception failure)
        {
            LogWaits(failure.GetType().Name);
            return false;
        }
    }

    private async Task<bool> TakeOver(CardMerge merge)
    {
        try
        {
            if (await GrainFactory.Record(RecordKinds.Customer, merge.Source).Get() is not { } card) return false;
            if (card is { RecordVersion: > 0, DeletedAt: null } && !await Give(card, merge.Into)) return false;
            await lists.Settle(merge, card.RecordVersion);
            return true;
        }
        catch (Exception failure)
        {
            LogWaits(failure.GetType().Name);
            return false;
        }
    }

    private async Task<bool> Give(RecordState card, string into)
    {
        var arguments = new JsonObject { ["source"] = card.Id, ["recordVersion"] = card.RecordVersion, ["card"] = JsonNode.Parse(card.Fields) };
        var cause = new ChangeCause("crm", null, Cause(card, into));
        var answer = await GrainFactory.Record(RecordKinds.Customer, into).Do(CustomerRules.Absorb, arguments.ToJsonString(), null, cause);
        return answer.Refusal == RecordRefusal.None;
    }

    private static Guid Cause(RecordState card, string into) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{card.Id}\n{card.RecordVersion}\n{into}"))).AsSpan(0, 16));

    /// <summary>When money is worth something else, or tiers are others, all who ordered are listed again.</summary>
    private async Task CheckTerms()
    {
        var now = company.Current;
        if (ReferenceEquals(now, _settings)) return;
        var text = string.Create(CultureInfo.InvariantCulture, $"{now.WorthTerms()}\n{now.Tiers}");
        await lists.Terms(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), clock.GetUtcNow() + s_settled);
        _settings = now;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What lists of customers show waits after {Failure}, and is tried again")]
    private partial void LogWaits(string failure);
}
