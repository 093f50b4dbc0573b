namespace Crm.Company;

/// <summary>How the company sells.</summary>
[GenerateSerializer, Immutable, Alias("crm.sales-settings")]
public sealed record SalesSettings
{
    /// <summary>Days after which an event warms a deal half as much; 1 to 14.</summary>
    [Id(0)] public decimal HeatHalfLifeDays { get; init; } = 7;

    /// <summary>Per cent from which on a forecast counts an open deal as committed.</summary>
    [Id(1)] public decimal CommittedFrom { get; init; } = 80;

    /// <summary>Open leads that a user may hold that were claimed from the pool.</summary>
    [Id(2)] public int MaxClaimedLeads { get; init; } = 50;

    /// <summary>Days without a touch after which a claimed or assigned lead goes back into the pool; null for never.</summary>
    [Id(3)] public int? RecycleLeadsAfterDays { get; init; }
}
