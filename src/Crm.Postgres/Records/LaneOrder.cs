using System.Buffers.Binary;

namespace Crm.Clickstream;

/// <summary>
/// Puts events lane by lane, as the history's index is ordered: neighbours then go to the same page of it, and a customer's rows
/// lie side by side. Only an economy, so nearly in order is good enough: seven bytes behind what all ids of a kind begin with.
/// </summary>
internal static class LaneOrder
{
    private const int Kinds = 256;

    public static void Sort(LaneEvent[] events)
    {
        Span<int> first = stackalloc int[Kinds];
        Span<int> common = stackalloc int[Kinds];
        first.Fill(-1);
        for (var i = 0; i < events.Length; i++)
        {
            var lane = Lane(events[i], out var kind);
            if (first[kind] < 0) (first[kind], common[kind]) = (i, lane.Length);
            else common[kind] = Math.Min(common[kind], lane.CommonPrefixLength(Lane(events[first[kind]], out _)));
        }

        var keys = new ulong[events.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            var rest = Lane(events[i], out var kind)[common[kind]..];
            keys[i] = ((ulong)kind << 56) | (Eight(rest) >> 8);
        }

        Array.Sort(keys, events);
    }

    // What cannot be read stands first; it is buried where it is written.
    private static ReadOnlySpan<byte> Lane(in LaneEvent logged, out byte kind)
    {
        var lane = PackedEnvelope.TryRead(logged.Packed.Span, out var envelope) ? envelope.Lane : default;
        kind = lane.IsEmpty ? (byte)0 : lane[0];
        return lane;
    }

    private static ulong Eight(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 8) return BinaryPrimitives.ReadUInt64BigEndian(bytes);
        Span<byte> padded = stackalloc byte[8];
        padded.Clear();
        bytes.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }
}
