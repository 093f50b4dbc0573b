namespace Crm.Deals;

/// <summary>A customer whose deals are to be looked at.</summary>
/// <param name="Turn">Grows when it is due again.</param>
public sealed record DueHeat(string Customer, long Turn);

/// <summary>An open deal and the customers who warm it.</summary>
/// <param name="Customers">Each with the day from which on its events count, in days since 1970-01-01, UTC.</param>
public sealed record WarmedDeal(string Id, IReadOnlyDictionary<string, int> Customers);

/// <summary>
/// The heat by which lists of deals are sorted. It follows the customers: whoever changes in a way that may warm a deal is due with
/// the very write of its row, and ends being due only when its deals were brought up to date.
/// </summary>
public interface IDealHeat
{
    /// <summary>Customers that are due.</summary>
    Task<IReadOnlyList<DueHeat>> Due(int max, CancellationToken stop = default);

    /// <summary>Open deals that name any of some customers, or one who was merged into it.</summary>
    Task<IReadOnlyList<WarmedDeal>> Of(IReadOnlyList<string> customers, int max, CancellationToken stop = default);

    /// <summary>Stores a deal's heat, and who its customers are after merges.</summary>
    Task Set(string deal, double? heatBase, IReadOnlyDictionary<string, string> roots, CancellationToken stop = default);

    /// <summary>They were looked at; one that became due again meanwhile stays so.</summary>
    Task Done(IReadOnlyList<DueHeat> due, CancellationToken stop = default);
}

/// <summary>The one grain that keeps the heat of lists. Key: 0.</summary>
[Alias("crm.deal-heat")]
public interface IDealHeatGrain : IGrainWithIntegerKey
{
    /// <summary>Brings deals up to date whose customers are due; true when more are.</summary>
    [Alias("refresh")]
    Task<bool> Refresh();
}
