using Crm.Customers;
using Crm.Records;

namespace Crm.Seeding;

/// <summary>A record that is seeded, as its grain would have written it.</summary>
public sealed record SeededRecord(RecordState State, Guid Cause);

/// <summary>A live customer that is seeded: its own row with what lists show of it, and its card.</summary>
public sealed record SeededCustomer(CustomerWrite Profile, SeededRecord Card);

/// <summary>How far a seeding is.</summary>
/// <param name="What">What is being done: a kind of record, or a step such as <c>indexes</c>.</param>
/// <param name="Of">How much there is to do.</param>
public readonly record struct SeedProgress(string What, long Done, long Of);
