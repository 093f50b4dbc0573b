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
}

/// <summary>Keeps what was refused where an operator can see why. Best effort: it never delays or fails the accept path.</summary>
public interface IDeadLetters
{
    /// <summary>Notes one; false when the buffer is full and it was dropped (counted, not kept).</summary>
    bool Add(DeadLetter letter);
}
