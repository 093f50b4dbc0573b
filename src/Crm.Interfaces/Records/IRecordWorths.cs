using Orleans.Concurrency;

namespace Crm.Records;

/// <summary>How far records have been given their worth by the newest rates.</summary>
/// <param name="Terms">What worths are by, or are to be by: see <see cref="Company.CompanySettings.WorthTerms"/>.</param>
/// <param name="Currency">The base currency that they are in.</param>
/// <param name="Work">What is left to do; null when nothing is.</param>
public sealed record WorthState(string Terms, string Currency, WorthWork? Work);

/// <summary>A way through all records.</summary>
/// <param name="All">False where only money without a worth is looked at: the base currency is as it was.</param>
/// <param name="From">Not before: all silos go by the new rates by then.</param>
/// <param name="Kind">The kind that it has reached; empty for the first.</param>
/// <param name="After">The last id of that kind that was done.</param>
public sealed record WorthWork(bool All, DateTimeOffset From, string Kind, string After);

/// <summary>What is stored of records' worths in the company's base currency.</summary>
public interface IRecordWorths
{
    /// <summary>How far they are; null before the first time.</summary>
    Task<WorthState?> Read(CancellationToken stop = default);

    /// <summary>Keeps how far they are.</summary>
    Task Write(WorthState state, CancellationToken stop = default);

    /// <summary>Ids of records that hold money, also in the trash, in the order of their ids.</summary>
    /// <param name="kind">Their kind, with fields of one's own.</param>
    /// <param name="after">Only ids behind this one.</param>
    /// <param name="all">False for those alone of whose money some has no worth.</param>
    /// <param name="max">Most ids.</param>
    /// <param name="stop">Cancels the call.</param>
    Task<IReadOnlyList<string>> Holders(KindFields kind, string after, bool all, int max, CancellationToken stop = default);
}

/// <summary>Gives records their worth anew when base currency or rates change. One in the cluster: key 0.</summary>
[Alias("crm.worths")]
public interface IWorthsGrain : IGrainWithIntegerKey
{
    /// <summary>Does some of it; true when more waits.</summary>
    [Alias("work")]
    Task<bool> Work();

    /// <summary>True when all records have their worth by these terms.</summary>
    [Alias("is-settled"), AlwaysInterleave]
    Task<bool> IsSettled(string terms);
}
