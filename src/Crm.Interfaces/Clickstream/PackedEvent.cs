using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Crm.Customers;

namespace Crm.Clickstream;

/// <summary>
/// The stored form of an event, version 1: <c>[version][lane][type][messageId][source][timestamp][received][faults][name?]
/// [userId?][anonymousId?][previousId?][body]</c>; texts are UTF-8 behind a varint length, optional ones behind length + 1
/// (0 = absent), times little-endian 64-bit. The lane stands first, so that a block is routed without decoding it. The highest of
/// the 16 bits of faults is none: it says that a server's key brought the event.
/// </summary>
public static class PackedEvent
{
    internal const byte Version = 1;

    /// <summary>Among the bits of the faults: a server's key brought the event.</summary>
    internal const ushort FromServer = 0x8000;

    /// <summary>Appends the stored form to a buffer.</summary>
    public static void Write(IBufferWriter<byte> output, BehaviourEvent happened)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(happened);
        var size = 64 + happened.Body.Length
            + 3 * ((happened.Lane.Length + happened.MessageId.Length + happened.Source.Length)
            + (happened.Name?.Length ?? 0) + (happened.UserId?.Length ?? 0)
            + (happened.AnonymousId?.Length ?? 0) + (happened.PreviousId?.Length ?? 0));
        var span = output.GetSpan(size);
        var at = 0;
        span[at++] = Version;
        Text(span, ref at, happened.Lane);
        span[at++] = (byte)happened.Type;
        Text(span, ref at, happened.MessageId);
        Text(span, ref at, happened.Source);
        BinaryPrimitives.WriteInt64LittleEndian(span[at..], happened.TimestampMs);
        BinaryPrimitives.WriteInt64LittleEndian(span[(at + 8)..], happened.ReceivedAtMs);
        BinaryPrimitives.WriteUInt16LittleEndian(span[(at + 16)..], Flags(happened));
        at += 18;
        Optional(span, ref at, happened.Name);
        Optional(span, ref at, happened.UserId);
        Optional(span, ref at, happened.AnonymousId);
        Optional(span, ref at, happened.PreviousId);
        Varint.Write(span, ref at, (uint)happened.Body.Length);
        happened.Body.Span.CopyTo(span[at..]);
        output.Advance(at + happened.Body.Length);
    }

    /// <summary>The lane of a packed event, without decoding the rest.</summary>
    public static ReadOnlySpan<byte> Lane(ReadOnlySpan<byte> packed)
    {
        CheckVersion(packed);
        var at = 1;
        var length = (int)Varint.Read(packed, ref at);
        return packed.Slice(at, length);
    }

    /// <summary>When a packed event was received, in Unix milliseconds, without decoding the rest.</summary>
    public static long ReceivedAtMs(ReadOnlySpan<byte> packed)
    {
        CheckVersion(packed);
        var at = 1;
        Skip(packed, ref at);
        at++;
        Skip(packed, ref at);
        Skip(packed, ref at);
        return BinaryPrimitives.ReadInt64LittleEndian(packed[(at + 8)..]);
    }

    /// <summary>Decodes a packed event. The body shares the given memory, and texts that many events have are shared.</summary>
    /// <param name="packed">The stored form.</param>
    /// <param name="lane">Its lane, when the caller knows it.</param>
    /// <exception cref="InvalidDataException">It was written by a newer version, or is damaged.</exception>
    public static BehaviourEvent Read(ReadOnlyMemory<byte> packed, string? lane = null)
    {
        var span = packed.Span;
        CheckVersion(span);
        var at = 1;
        if (lane is null) lane = Text(span, ref at);
        else Skip(span, ref at);
        var type = (EventType)span[at++];
        var messageId = Text(span, ref at);
        var source = TextPool.Get(Raw(span, ref at));
        var timestamp = BinaryPrimitives.ReadInt64LittleEndian(span[at..]);
        var received = BinaryPrimitives.ReadInt64LittleEndian(span[(at + 8)..]);
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(span[(at + 16)..]);
        at += 18;
        var name = Optional(span, ref at, shared: true);
        var userId = Optional(span, ref at);
        var anonymousId = Optional(span, ref at);
        var previousId = Optional(span, ref at);
        var bodyLength = (int)Varint.Read(span, ref at);
        return new BehaviourEvent
        {
            Lane = lane,
            Type = type,
            MessageId = messageId,
            Source = source,
            TimestampMs = timestamp,
            ReceivedAtMs = received,
            Faults = FaultsOf(flags),
            FromServer = (flags & FromServer) != 0,
            Name = name,
            UserId = userId,
            AnonymousId = anonymousId,
            PreviousId = previousId,
            Body = packed.Slice(at, bodyLength),
        };
    }

    /// <summary>Faults and <see cref="FromServer"/> of an event as they are stored.</summary>
    public static ushort Flags(BehaviourEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        return (ushort)((ushort)happened.Faults | (happened.FromServer ? FromServer : 0));
    }

    /// <summary>The event with faults and <see cref="FromServer"/> as they were stored.</summary>
    public static BehaviourEvent WithFlags(BehaviourEvent happened, ushort flags)
    {
        ArgumentNullException.ThrowIfNull(happened);
        return happened with { Faults = FaultsOf(flags), FromServer = (flags & FromServer) != 0 };
    }

    private static EventFaults FaultsOf(ushort flags) => (EventFaults)(flags & ~FromServer);

    private static void CheckVersion(ReadOnlySpan<byte> packed)
    {
        if (packed.IsEmpty || packed[0] != Version)
            throw new InvalidDataException($"A logged event has version {(packed.IsEmpty ? -1 : packed[0])}; this build reads version {Version}.");
    }

    private static void Text(Span<byte> span, ref int at, string text)
    {
        Varint.Write(span, ref at, (uint)Encoding.UTF8.GetByteCount(text));
        at += Encoding.UTF8.GetBytes(text, span[at..]);
    }

    private static void Optional(Span<byte> span, ref int at, string? text)
    {
        Varint.Write(span, ref at, text is null ? 0 : (uint)Encoding.UTF8.GetByteCount(text) + 1);
        if (text is not null) at += Encoding.UTF8.GetBytes(text, span[at..]);
    }

    private static void Skip(ReadOnlySpan<byte> span, ref int at) => Raw(span, ref at);

    private static ReadOnlySpan<byte> Raw(ReadOnlySpan<byte> span, ref int at)
    {
        var length = (int)Varint.Read(span, ref at);
        at += length;
        return span.Slice(at - length, length);
    }

    private static string Text(ReadOnlySpan<byte> span, ref int at) => Encoding.UTF8.GetString(Raw(span, ref at));

    private static string? Optional(ReadOnlySpan<byte> span, ref int at, bool shared = false)
    {
        var length = (int)Varint.Read(span, ref at) - 1;
        if (length < 0) return null;
        at += length;
        var text = span.Slice(at - length, length);
        return shared ? TextPool.Get(text) : Encoding.UTF8.GetString(text);
    }
}
