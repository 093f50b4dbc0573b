using System.Globalization;

namespace Crm.Clickstream;

/// <summary>Which dead letter: of the accept path by its number, of a silo by its partition and number in the log.</summary>
/// <param name="Silo">True when the rules of a silo failed on it.</param>
/// <param name="Partition">Its partition; 0 for those of the accept path.</param>
/// <param name="Number">Its number.</param>
public readonly record struct LetterId(bool Silo, short Partition, long Number)
{
    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string? text, out LetterId id)
    {
        id = default;
        var parts = text is { Length: <= 40 } ? text.Split('-') : [];
        switch (parts)
        {
            case ["in", var number] when Whole(number, out var n):
                id = new LetterId(false, 0, n);
                return true;
            case ["silo", var partition, var number] when Whole(partition, out var p) && p <= short.MaxValue && Whole(number, out var n):
                id = new LetterId(true, (short)p, n);
                return true;
            default:
                return false;
        }
    }

    /// <summary>As people and programs name it.</summary>
    public override string ToString() => Silo
        ? string.Create(CultureInfo.InvariantCulture, $"silo-{Partition}-{Number}")
        : string.Create(CultureInfo.InvariantCulture, $"in-{Number}");

    private static bool Whole(string text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}

/// <summary>A dead letter as it is kept.</summary>
/// <param name="At">When it was received, or when its silo gave it up.</param>
/// <param name="Code">Stable name of the reason: <c>refused</c>, <c>plan</c>, <c>rate</c>; of silos <c>poison</c>, <c>unreadable</c>.</param>
/// <param name="Reason">The reason in words.</param>
public sealed record KeptLetter(LetterId Id, DateTimeOffset At, string Source, string Code, string Reason)
{
    /// <summary>The call that it was; null when it is not known.</summary>
    public string? Call { get; init; }

    /// <summary>Name of the event; null when it is not known.</summary>
    public string? Event { get; init; }

    /// <summary>What came, cut; empty where <see cref="Packed"/> holds it.</summary>
    public ReadOnlyMemory<byte> Sample { get; init; }

    /// <summary>The event in the log's form; empty when it never had one.</summary>
    public ReadOnlyMemory<byte> Packed { get; init; }

    /// <summary>When it was replayed, or a replay began whose end is not known; null when it never was.</summary>
    public DateTimeOffset? ReplayedAt { get; init; }

    /// <summary>True when its replay is known to be done.</summary>
    public bool Replayed { get; init; }
}

/// <summary>Which dead letters are meant; what is null does not matter.</summary>
/// <param name="Silo">True: those of silos. False: those of the accept path.</param>
/// <param name="Replayed">True: those whose replay is done.</param>
/// <param name="Since">Those of this time or later.</param>
/// <param name="Until">Those before this time.</param>
public sealed record LetterFilter(
    string? Source = null, string? Code = null, bool? Silo = null, bool? Replayed = null, DateTimeOffset? Since = null, DateTimeOffset? Until = null);

/// <summary>How many dead letters there are of a source and reason.</summary>
/// <param name="Open">Those that were not replayed.</param>
public sealed record LetterCount(string Source, bool Silo, string Code, string Reason, long Open, long Replayed, DateTimeOffset Oldest, DateTimeOffset Newest);
