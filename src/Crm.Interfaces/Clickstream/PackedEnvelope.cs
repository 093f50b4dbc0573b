using System.Buffers.Binary;

namespace Crm.Clickstream;

/// <summary>
/// A packed event read in place: texts stay UTF-8 in the event's own memory, nothing is allocated. For whoever copies events
/// somewhere without looking into them.
/// </summary>
public readonly ref struct PackedEnvelope
{
    private PackedEnvelope(ReadOnlySpan<byte> packed)
    {
        var at = 1;
        Lane = Text(packed, ref at, 0);
        Type = (EventType)packed[at++];
        MessageId = Text(packed, ref at, 0);
        Source = Text(packed, ref at, 0);
        TimestampMs = BinaryPrimitives.ReadInt64LittleEndian(packed[at..]);
        ReceivedAtMs = BinaryPrimitives.ReadInt64LittleEndian(packed[(at + 8)..]);
        Flags = BinaryPrimitives.ReadUInt16LittleEndian(packed[(at + 16)..]);
        at += 18;
        HasName = packed[at] != 0;
        Name = Text(packed, ref at, 1);
        var hasUser = packed[at] != 0;
        UserId = Text(packed, ref at, 1);
        HasVisitor = hasUser && packed[at] != 0;
        AnonymousId = Text(packed, ref at, 1);
        PreviousId = Text(packed, ref at, 1);
        Body = Text(packed, ref at, 0);
    }

    /// <summary>Customer id that the event carried.</summary>
    public ReadOnlySpan<byte> Lane { get; }

    /// <summary>Which call it was.</summary>
    public EventType Type { get; }

    /// <summary>Identifies the event.</summary>
    public ReadOnlySpan<byte> MessageId { get; }

    /// <summary>Where it came from.</summary>
    public ReadOnlySpan<byte> Source { get; }

    /// <summary>When it happened, in Unix milliseconds.</summary>
    public long TimestampMs { get; }

    /// <summary>When it was received, in Unix milliseconds.</summary>
    public long ReceivedAtMs { get; }

    /// <summary>False for calls without a name.</summary>
    public bool HasName { get; }

    /// <summary>Name of the event, page or screen.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The user that it carried; empty for none.</summary>
    public ReadOnlySpan<byte> UserId { get; }

    /// <summary>The visitor that it carried; empty for none.</summary>
    public ReadOnlySpan<byte> AnonymousId { get; }

    /// <summary>True for an event that names a visitor beside the user whose lane it is on.</summary>
    public bool HasVisitor { get; }

    /// <summary>The earlier id that it carried; empty for none.</summary>
    public ReadOnlySpan<byte> PreviousId { get; }

    /// <summary>See <see cref="PackedEvent.Flags"/>.</summary>
    public ushort Flags { get; }

    /// <summary>The whole event as JSON.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>True when it carried an id, of whatever kind.</summary>
    public bool Names(ReadOnlySpan<byte> id) => UserId.SequenceEqual(id) || AnonymousId.SequenceEqual(id) || PreviousId.SequenceEqual(id);

    /// <summary>Reads an event in place; false when it is damaged or of another version.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packed, out PackedEnvelope envelope)
    {
        envelope = default;
        if (packed.IsEmpty || packed[0] != PackedEvent.Version) return false;
        try
        {
            envelope = new PackedEnvelope(packed);
            return true;
        }
        catch (Exception damage) when (damage is ArgumentOutOfRangeException or IndexOutOfRangeException or InvalidDataException)
        {
            return false;
        }
    }

    // An optional text stands behind its length + 1.
    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> packed, scoped ref int at, int optional)
    {
        var length = Math.Max(0, checked((int)Varint.Read(packed, ref at)) - optional);
        at += length;
        return packed.Slice(at - length, length);
    }
}
