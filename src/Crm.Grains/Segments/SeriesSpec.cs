using System.IO.Hashing;
using System.Runtime.InteropServices;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>What is remembered for one condition on events, or for several that look at the same.</summary>
/// <param name="Shape">How.</param>
/// <param name="Pick">Of which events.</param>
/// <param name="Property">Of sums and different values: of what.</param>
/// <param name="SinceMs">Earlier events are not looked at.</param>
/// <param name="Zone">Of days and months: the time zone in which they begin; of others blank.</param>
internal sealed record SeriesSpec(SeriesShape Shape, EventPick Pick, string? Property, long SinceMs, string Zone)
{
    /// <summary>Times that a sequence looks at, of each of its events: of more, the newest.</summary>
    public const int SequenceTimes = 64;

    /// <summary>Most times, or different values, that one condition may count up to within a window.</summary>
    public const int MostCounted = 256;

    /// <summary>Amounts of a sum over a window that are kept apart.</summary>
    public const int Amounts = 256;

    /// <summary>Days back to the beginning of the last month; months back to the beginning of the last year.</summary>
    public const int Days = 64;

    /// <inheritdoc cref="Days"/>
    public const int Months = 24;

    /// <summary>Identifies it among all that a customer remembers: the same for the same condition, in every process and build.</summary>
    public ulong Key { get; } = Hash(FormattableString.Invariant($"{(byte)Shape.Kind}|{Shape.Capacity}|{Shape.HorizonMs}|{SinceMs}|{Zone}|{Property}|{FilterText.Pick(Pick)}"));

    /// <summary>Since which plan it is remembered: who was last looked at by an earlier one has to read it from the history.</summary>
    public long Born { get; init; }

    /// <summary>Reads its conditions on properties.</summary>
    public EventMatch Match { get; } = new(Pick, Property);

    /// <summary>Bytes it may take of a customer, at most.</summary>
    public int MostBytes => Shape.Kind switch
    {
        SeriesKind.Times => 8 * Shape.Capacity,
        SeriesKind.Amounts or SeriesKind.Values => 16 * Shape.Capacity,
        SeriesKind.Days or SeriesKind.Months => 24 * Shape.Capacity,
        _ => 16,
    };

    /// <summary>An empty series.</summary>
    public Series NewSeries() => Series.New(Shape);

    // Of the same condition with other bounds much would have to be read again: bounds go in powers of two.
    public static int Rounded(int capacity) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, capacity));

    private static ulong Hash(string text) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan()));
}
