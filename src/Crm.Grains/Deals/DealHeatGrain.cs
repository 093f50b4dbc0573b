using Crm.Company;
using Crm.Customers;

namespace Crm.Deals;

/// <summary>
/// Brings the stored heat of open deals up to date, for lists: whose customers are due, and what those customers show now. What fails
/// stays due, so it is done in the end, and doing it twice changes nothing.
/// </summary>
internal sealed class DealHeatGrain(IDealHeat heat, ICompanySettings company, TimeProvider clock) : Grain, IDealHeatGrain
{
    /// <summary>Customers of one look: each is a call to its grain.</summary>
    private const int MaxCustomers = 200;

    /// <summary>Deals of one look: a customer of more is a stand-in for many.</summary>
    private const int MaxDeals = 2_000;

    private const int MaxHops = 16;

    public async Task<bool> Refresh()
    {
        var due = await heat.Due(MaxCustomers);
        if (due.Count == 0) return false;
        var shown = new Dictionary<string, CustomerView?>(StringComparer.Ordinal);
        var silent = new HashSet<string>(StringComparer.Ordinal);
        await Ask(due.Select(d => d.Customer), shown, silent);
        var names = due.SelectMany(d => shown.GetValueOrDefault(d.Customer)?.Lanes ?? [d.Customer]).Distinct(StringComparer.Ordinal).ToArray();
        var deals = await heat.Of(names, MaxDeals);
        await Ask(deals.SelectMany(d => d.Customers.Keys), shown, silent);
        foreach (var deal in deals.Where(d => !d.Customers.Keys.Any(silent.Contains))) await Set(deal, shown);
        await heat.Done([.. due.Where(d => !silent.Contains(d.Customer) && !Waits(d.Customer, deals, shown, silent))]);
        return due.Count == MaxCustomers && silent.Count == 0;
    }

    private Task Set(WarmedDeal deal, Dictionary<string, CustomerView?> shown)
    {
        var (now, days) = (clock.GetUtcNow(), (double)company.Current.Sales.HeatHalfLifeDays);
        var heats = deal.Customers.Select(c => (Since: c.Value, View: shown[c.Key])).Where(c => c.View is not null)
            .GroupBy(c => c.View!.Id).Select(g => Heat.Of(g.First().View!.Interest, g.Min(c => c.Since), now, days));
        var roots = deal.Customers.Keys.ToDictionary(c => c, c => shown[c]?.Id ?? c, StringComparer.Ordinal);
        return heat.Set(deal.Id, Heat.Base(heats.Sum(), now, days), roots);
    }

    private async Task Ask(IEnumerable<string> customers, Dictionary<string, CustomerView?> shown, HashSet<string> silent)
    {
        foreach (var few in customers.Distinct(StringComparer.Ordinal).Where(c => !shown.ContainsKey(c) && !silent.Contains(c)).Chunk(50))
        {
            foreach (var (customer, answer) in await Task.WhenAll(few.Select(async c => (c, await View(c)))))
            {
                if (answer.NotCurrent) silent.Add(customer);
                else shown[customer] = answer.View;
            }
        }
    }

    // Watched first: what it stores from then on makes it due, what it stored before is in the answer.
    private async Task<CustomerAnswer> View(string customer)
    {
        var asked = customer;
        for (var hop = 0; hop <= MaxHops; hop++)
        {
            await GrainFactory.Customer(customer).Watch();
            var answer = await GrainFactory.Customer(customer).View();
            if (answer.View is { } view && !view.Lanes.Contains(asked)) customer = asked;
            else if (answer.MovedTo is { } to) customer = to;
            else return answer;
        }

        return new CustomerAnswer(null, null, true);
    }

    private static bool Waits(string customer, IReadOnlyList<WarmedDeal> deals, Dictionary<string, CustomerView?> shown, HashSet<string> silent)
    {
        var lanes = shown.GetValueOrDefault(customer)?.Lanes ?? [customer];
        return deals.Any(d => d.Customers.Keys.Any(silent.Contains) && d.Customers.Keys.Any(lanes.Contains));
    }
}
