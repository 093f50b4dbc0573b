using System.Text;

namespace Crm.Clickstream;

/// <summary>A dead letter as it is answered.</summary>
/// <param name="Stage"><c>ingest</c> or <c>silo</c>: where it was given up.</param>
/// <param name="Reason">Stable name of the reason; <paramref name="Detail"/> says it in words.</param>
/// <param name="MessageId">Identifies the event; null when it never had one, or for callers who may not read personal data.</param>
/// <param name="Sample">What came, as text, cut; null for callers who may not read personal data.</param>
/// <param name="SampleBytes">Length of all that is kept of it, in bytes.</param>
/// <param name="Withheld">True when the caller may not read personal data, and it is left out.</param>
/// <param name="ReplayedAt">When its replay was done; null when it was not.</param>
internal sealed record LetterView(
    string Id,
    string Stage,
    DateTimeOffset ReceivedAt,
    string Source,
    string Reason,
    string Detail,
    string? Call,
    string? Event,
    string? MessageId,
    string? Sample,
    int SampleBytes,
    bool Withheld,
    DateTimeOffset? ReplayedAt)
{
    /// <summary>Longest sample in a list, in bytes; one letter alone is answered whole.</summary>
    public const int ListedBytes = 2_048;

    public static LetterView Of(KeptLetter letter, bool people, int maxBytes)
    {
        var (sample, happened) = Content(letter);
        return new LetterView(
            letter.Id.ToString(),
            letter.Id.Silo ? "silo" : "ingest",
            happened is null ? letter.At : DateTimeOffset.FromUnixTimeMilliseconds(happened.ReceivedAtMs),
            letter.Source,
            letter.Code,
            letter.Reason,
            letter.Call ?? happened?.Type.ToString().ToLowerInvariant(),
            letter.Event ?? happened?.Name,
            people ? happened?.MessageId : null,
            people ? Text(sample.Span[..Math.Min(sample.Length, maxBytes)]) : null,
            sample.Length,
            !people,
            letter.Replayed ? letter.ReplayedAt : null);
    }

    private static (ReadOnlyMemory<byte> Sample, BehaviourEvent? Happened) Content(KeptLetter letter)
    {
        if (letter.Packed.IsEmpty) return (letter.Sample, null);
        try
        {
            var happened = PackedEvent.Read(letter.Packed);
            return (happened.Body, happened);
        }
        catch (Exception damage) when (damage is InvalidDataException or ArgumentException or IndexOutOfRangeException)
        {
            return (letter.Packed, null);
        }
    }

    // It may be anything: what is no UTF-8 shows as U+FFFD.
    private static string Text(ReadOnlySpan<byte> sample) => Encoding.UTF8.GetString(sample);
}
