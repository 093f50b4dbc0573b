namespace Crm.Privacy;

/// <summary>How long the history of single sources is kept.</summary>
public interface ISourceRetention
{
    /// <summary>Most sources with a term of their own.</summary>
    const int MaxSources = 10_000;

    /// <summary>Longest term, in days: a hundred years.</summary>
    const int MaxDays = 36_500;

    /// <summary>The sources that have a term of their own, by name.</summary>
    Task<IReadOnlyList<SourceTerm>> List(CancellationToken stop = default);

    /// <summary>Sets a source's term in days; null takes it away. False when there are too many sources with one.</summary>
    Task<bool> Set(string source, int? days, CancellationToken stop = default);

    /// <summary>Deletes what is over, in bounded statements; tables that hold nothing else are dropped whole. Answers how many rows were deleted.</summary>
    Task<long> Sweep(CancellationToken stop = default);
}

/// <summary>A source's history is kept for so many days after its events were received.</summary>
public sealed record SourceTerm(string Source, int Days, DateTimeOffset ChangedAt);
