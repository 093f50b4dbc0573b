using System.Buffers;
using System.Text;
using FsCheck.Xunit;
using Xunit;

namespace Crm.Clickstream;

/// <summary>
/// The stored forms of events and blocks. A failure here means that a log already written would be misread: raise the version and
/// keep reading the old one; never change these texts.
/// </summary>
public sealed class StoredEventTests
{
    private static readonly BehaviourEvent Full = new()
    {
        Lane = "u:zoë",
        Type = EventType.Track,
        MessageId = "m-1",
        Source = "shop",
        TimestampMs = 1_772_366_400_123,
        ReceivedAtMs = 1_772_366_400_456,
        Faults = EventFaults.Timestamp | EventFaults.Text,
        Name = "Order Completed",
        UserId = "zoë",
        AnonymousId = "v-1",
        PreviousId = "old",
        Body = "{\"event\":\"Order Completed\"}"u8.ToArray(),
    };

    private static readonly BehaviourEvent Bare = new()
    {
        Lane = "a:v-1",
        Type = EventType.Page,
        MessageId = "m-2",
        Source = "",
        TimestampMs = -1,
        ReceivedAtMs = long.MaxValue,
    };

    [Fact]
    public void A_full_event_is_stored_as_it_was()
    {
        Assert.Equal(Convert.ToHexString(Snapshot.Bytes("event-v1-full.hex")), Convert.ToHexString(Packed(Full)));
        AssertSame(Full, PackedEvent.Read(Snapshot.Bytes("event-v1-full.hex")));
        Assert.Equal("u:zoë", Encoding.UTF8.GetString(PackedEvent.Lane(Snapshot.Bytes("event-v1-full.hex"))));
    }

    [Fact]
    public void A_bare_event_is_stored_as_it_was()
    {
        Assert.Equal(Convert.ToHexString(Snapshot.Bytes("event-v1-bare.hex")), Convert.ToHexString(Packed(Bare)));
        AssertSame(Bare, PackedEvent.Read(Snapshot.Bytes("event-v1-bare.hex")));
    }

    [Fact]
    public void A_block_is_stored_as_it_was()
    {
        var payload = new ArrayBufferWriter<byte>();
        LogBlock.WriteEvent(payload, Packed(Full));
        LogBlock.WriteEvent(payload, Packed(Bare));
        Assert.Equal(Convert.ToHexString(Snapshot.Bytes("block-v1.hex")), Convert.ToHexString(payload.WrittenSpan));

        var block = new LogBlock(7, 41, 2, Snapshot.Bytes("block-v1.hex"));

        Assert.Equal(42, block.LastSeq);
        Assert.Equal([41L, 42L], block.Events().Select(one => one.Seq));
        AssertSame(Full, PackedEvent.Read(block.Events().First().Packed));
        AssertSame(Bare, PackedEvent.Read(block.Events().Last().Packed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("02")]
    [InlineData("FF00")]
    public void An_event_of_another_version_is_refused(string packed)
    {
        Assert.Throws<InvalidDataException>(() => PackedEvent.Read(Convert.FromHexString(packed)));
        Assert.Throws<InvalidDataException>(() => { PackedEvent.Lane(Convert.FromHexString(packed)); });
    }

    [Property]
    public void Every_event_reads_back(string lane, string? name, string? user, long at, byte[] body)
    {
        var happened = Full with
        {
            Lane = Sound(lane) ?? "", Name = Sound(name), UserId = Sound(user), AnonymousId = null, TimestampMs = at, Body = body ?? [],
        };

        AssertSame(happened, PackedEvent.Read(Packed(happened)));
    }

    /// <summary>What UTF-8 can hold: accepted texts have no lone surrogates.</summary>
    private static string? Sound(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static byte[] Packed(BehaviourEvent happened)
    {
        var output = new ArrayBufferWriter<byte>();
        PackedEvent.Write(output, happened);
        return output.WrittenSpan.ToArray();
    }

    private static void AssertSame(BehaviourEvent expected, BehaviourEvent actual)
    {
        Assert.Equal(expected with { Body = default }, actual with { Body = default });
        Assert.Equal(expected.Body.ToArray(), actual.Body.ToArray());
    }
}
