namespace Crm.Clickstream;

/// <summary>Something a client sent that was not accepted.</summary>
/// <param name="ReceivedAt">When it came.</param>
/// <param name="Source">Source of the key that brought it.</param>
/// <param name="Reason">What was wrong, in words, without personal data.</param>
/// <param name="Sample">What came, cut at <see cref="MaxSampleBytes"/>.</param>
public sealed record DeadLetter(DateTimeOffset ReceivedAt, string Source, string Reason, ReadOnlyMemory<byte> Sample)
{
    /// <summary>Longest sample, in bytes: the longest event that can be accepted.</summary>
    public const int MaxSampleBytes = 32 * 1024;

    /// <summary>Stable name of the reason, for programs that count and choose: <c>refused</c>, <c>plan</c>, <c>rate</c>.</summary>
    public string Code { get; init; } = "refused";

    /// <summary>The call that it was, as its address names it (<c>track</c>); null when it is not known.</summary>
    public string? Call { get; init; }

    /// <summary>Name of the event, page or screen; null when it is not known.</summary>
    public string? Event { get; init; }

    /// <summary>
    /// The event in the log's form (<see cref="PackedEvent"/>), when only a rule of its source or a limit kept it out: a replay
    /// then logs just that, whatever protocol brought it. Empty otherwise. With it the sample may be empty.
    /// </summary>
    public ReadOnlyMemory<byte> Packed { get; init; }
}

/// <summary>Keeps what was refused where an operator can see why. Best effort: it never delays or fails the accept path.</summary>
public interface IDeadLetters
{
    /// <summary>Notes one; false when the buffer is full and it was dropped (counted, not kept).</summary>
    bool Add(DeadLetter letter);
}
