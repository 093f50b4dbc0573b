using System.Buffers;

namespace Crm.Clickstream;

/// <summary>
/// Events of one partition that were committed together: numbers <see cref="FirstSeq"/> to <see cref="LastSeq"/>, without gaps.
/// The payload is each packed event behind its varint length; an erased event is blank: its length is 0, its number stays taken.
/// </summary>
[GenerateSerializer, Immutable, Alias("crm.log-block")]
public sealed record LogBlock(
    [property: Id(0)] int Partition,
    [property: Id(1)] long FirstSeq,
    [property: Id(2)] int Count,
    [property: Id(3)] byte[] Payload)
{
    /// <summary>Number of the last event in the block.</summary>
    public long LastSeq => FirstSeq + Count - 1;

    /// <summary>The packed events with their numbers, in order, without blank ones. The memory is shared with the block.</summary>
    public IEnumerable<LaneEvent> Events()
    {
        var at = 0;
        for (var i = 0; i < Count; i++)
        {
            var length = (int)Varint.Read(Payload, ref at);
            if (length > 0) yield return new LaneEvent(FirstSeq + i, Payload.AsMemory(at, length));
            at += length;
        }
    }

    /// <summary>The payload with some events made blank, and how many were.</summary>
    public (byte[] Payload, int Count) Blank(Func<LaneEvent, bool> isErased)
    {
        ArgumentNullException.ThrowIfNull(isErased);
        var payload = new ArrayBufferWriter<byte>(Payload.Length);
        var (at, blanked) = (0, 0);
        for (var i = 0; i < Count; i++)
        {
            var length = (int)Varint.Read(Payload, ref at);
            var logged = new LaneEvent(FirstSeq + i, Payload.AsMemory(at, length));
            at += length;
            var blank = length > 0 && isErased(logged);
            if (blank) blanked++;
            WriteEvent(payload, blank ? [] : logged.Packed.Span);
        }

        return (payload.WrittenSpan.ToArray(), blanked);
    }

    /// <summary>Appends one event to a payload under construction.</summary>
    public static void WriteEvent(ArrayBufferWriter<byte> payload, ReadOnlySpan<byte> packed)
    {
        ArgumentNullException.ThrowIfNull(payload);
        var span = payload.GetSpan(packed.Length + Varint.MaxBytes);
        var at = 0;
        Varint.Write(span, ref at, (uint)packed.Length);
        packed.CopyTo(span[at..]);
        payload.Advance(at + packed.Length);
    }
}

/// <summary>One logged event on its way to its customer: its number in the partition and its packed form (<see cref="PackedEvent"/>).</summary>
[GenerateSerializer, Immutable, Alias("crm.lane-event")]
public readonly record struct LaneEvent([property: Id(0)] long Seq, [property: Id(1)] ReadOnlyMemory<byte> Packed);
