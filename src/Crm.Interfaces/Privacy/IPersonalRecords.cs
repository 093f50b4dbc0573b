namespace Crm.Privacy;

/// <summary>What is held of a person beside profile and history: events and input that did not count.</summary>
public interface IPersonalRecords
{
    /// <summary>
    /// All such records of some lanes, or that name the person by one of the texts; read as they are asked for.
    /// </summary>
    IAsyncEnumerable<PersonalRecord> Read(IReadOnlyList<string> lanes, IReadOnlyList<string> mentions, CancellationToken stop = default);
}

/// <summary>One record.</summary>
/// <param name="Table">Where it is kept: <c>dead_letter</c>, <c>parked_event</c> or <c>dead_letter_inbound</c>.</param>
/// <param name="At">Since when; null where that is not kept.</param>
/// <param name="Reason">Why it did not count, in words; null where it still may.</param>
/// <param name="Content">The event as JSON, or the input as it came; it may be neither JSON nor UTF-8.</param>
public sealed record PersonalRecord(string Table, DateTimeOffset? At, string? Reason, ReadOnlyMemory<byte> Content);
