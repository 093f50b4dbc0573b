using System.Globalization;
using Xunit;

namespace Crm.Clickstream;

public sealed class AdmissionTests
{
    private static readonly DateTimeOffset s_received = At("2026-05-01T12:00:00Z");

    public static TheoryData<string?, string?, string?, string, bool> Times => new()
    {
        // original, final, sentAt, expected timestamp, fault
        { "2026-05-01T11:59:50Z", null, "2026-05-01T11:59:55Z", "2026-05-01T11:59:55Z", false },
        { "2020-01-01T00:00:00Z", null, "2020-01-01T00:00:10Z", "2026-05-01T11:59:50Z", false },
        { "2030-01-01T00:00:00Z", null, "2030-01-01T00:01:00Z", "2026-05-01T11:59:00Z", false },
        { "2026-05-01T11:00:00Z", null, null, "2026-05-01T11:00:00Z", false },
        { "2026-05-01T13:00:00Z", null, "2026-05-01T12:00:00Z", "2026-05-01T13:00:00Z", false },
        { null, null, "2026-05-01T11:00:00Z", "2026-05-01T12:00:00Z", false },
        { null, null, null, "2026-05-01T12:00:00Z", false },
        { "2026-05-01T11:00:00Z", "2019-02-03T04:05:06Z", "2026-05-01T11:30:00Z", "2019-02-03T04:05:06Z", false },
        { "2026-05-01T11:00:00Z", "soon", "2026-05-01T11:30:00Z", "2026-05-01T11:30:00Z", true },
        { "soon", null, "2026-05-01T11:30:00Z", "2026-05-01T12:00:00Z", true },
        { "2026-05-01T11:00:00Z", null, "soon", "2026-05-01T11:00:00Z", true },
        { "0001-01-01T00:00:00Z", null, "9999-12-31T23:59:59Z", "2026-05-01T12:00:00Z", true },
        { "9999-12-31T23:59:59Z", null, "0001-01-01T00:00:00Z", "2026-05-01T12:00:00Z", true },
        { "1969-12-31T23:59:59Z", null, null, "2026-05-01T12:00:00Z", true },
        { "9000-12-31T23:59:59Z", null, null, "9000-12-31T23:59:59Z", false },
        { "9001-01-01T00:00:00Z", null, null, "2026-05-01T12:00:00Z", true },
        { "0001-01-01T00:00:00Z", "2026-05-01T10:00:00Z", null, "2026-05-01T10:00:00Z", false },
    };

    [Theory]
    [MemberData(nameof(Times))]
    public void Corrects_the_clients_clock(string? original, string? final, string? sentAt, string expected, bool fault)
    {
        var happened = Admit(Track() with { Original = Time(original), Final = Time(final), SentAt = Time(sentAt) });

        Assert.Equal(At(expected).ToUnixTimeMilliseconds(), happened.TimestampMs);
        Assert.Equal(fault, happened.Faults.HasFlag(EventFaults.Timestamp));
        Assert.Equal(s_received.ToUnixTimeMilliseconds(), happened.ReceivedAtMs);
    }

    [Theory]
    [InlineData("u1", "a1", "u:u1")]
    [InlineData("u1", null, "u:u1")]
    [InlineData(null, "a1", "a:a1")]
    [InlineData("null", "a1", "a:a1")]
    [InlineData("u1", "undefined", "u:u1")]
    [InlineData("00123", null, "u:00123")]
    [InlineData("-12", null, "u:-12")]
    [InlineData("nullable", null, "u:nullable")]
    public void Chooses_the_lane(string? userId, string? anonymousId, string lane) =>
        Assert.Equal(lane, Admit(Track() with { UserId = userId, AnonymousId = anonymousId }).Lane);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("null")]
    [InlineData("NULL")]
    [InlineData("undefined")]
    [InlineData("anonymous")]
    [InlineData("Anonymous")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("0000-0000-0000")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("---")]
    [InlineData(" 0 ")]
    public void Refuses_ids_that_strangers_share(string? id)
    {
        Assert.Null(Admission.Admit(Track() with { UserId = id }, "shop", s_received, out var refusal));
        Assert.Equal(Admission.NeedsIdentity, refusal);
    }

    [Fact]
    public void Refuses_ids_that_are_too_long_and_keeps_the_longest()
    {
        Assert.Equal("u:" + new string('x', 256), Admit(Track() with { UserId = new string('x', 256) }).Lane);
        Assert.Null(Admission.Admit(Track() with { UserId = new string('x', 257) }, "shop", s_received, out _));
    }

    [Theory]
    [InlineData("u1", "old", true)]
    [InlineData("u1", null, false)]
    [InlineData("u1", "null", false)]
    [InlineData(null, "old", false)]
    public void An_alias_needs_both_ids(string? userId, string? previousId, bool accepted)
    {
        var alias = new IncomingEvent { Type = EventType.Alias, UserId = userId, AnonymousId = "a1", PreviousId = previousId };

        var happened = Admission.Admit(alias, "shop", s_received, out var refusal);

        Assert.Equal(accepted, happened is not null);
        Assert.Equal(accepted ? null : Admission.AliasNeedsIds, refusal);
        Assert.Equal(accepted ? "old" : null, happened?.PreviousId);
    }

    [Fact]
    public void A_track_call_needs_a_name_and_a_group_call_an_id()
    {
        Admission.Admit(Track() with { UserId = "u1", Name = " " }, "shop", s_received, out var track);
        Admission.Admit(new IncomingEvent { Type = EventType.Group, UserId = "u1" }, "shop", s_received, out var group);

        Assert.Equal(Admission.TrackNeedsName, track);
        Assert.Equal(Admission.GroupNeedsId, group);
    }

    [Fact]
    public void Keeps_a_messageId_and_makes_a_missing_one()
    {
        var given = Admit(Track() with { UserId = "u1", MessageId = new string('m', 100) });
        var made = Admit(Track() with { UserId = "u1" });
        var other = Admit(Track() with { UserId = "u1", MessageId = "" });

        Assert.Equal(new string('m', 100), given.MessageId);
        Assert.Equal(EventFaults.None, given.Faults);
        Assert.Equal(EventFaults.MessageId, made.Faults);
        Assert.Equal(7, Guid.Parse(made.MessageId).Version);
        Assert.NotEqual(made.MessageId, other.MessageId);
    }

    [Fact]
    public void A_messageId_that_is_too_long_is_still_the_same_on_a_retry()
    {
        var first = Admit(Track() with { UserId = "u1", MessageId = new string('m', 101) });
        var retry = Admit(Track() with { UserId = "u1", MessageId = new string('m', 101) });

        Assert.Equal(first.MessageId, retry.MessageId);
        Assert.InRange(first.MessageId.Length, 1, 100);
        Assert.Equal(EventFaults.MessageId, first.Faults);
    }

    private static IncomingEvent Track() => new() { Type = EventType.Track, Name = "Seen", AnonymousId = null, UserId = null };

    private static BehaviourEvent Admit(IncomingEvent incoming)
    {
        if (incoming is { UserId: null, AnonymousId: null }) incoming.UserId = "u1";
        return Admission.Admit(incoming, "shop", s_received, out _)!;
    }

    private static ClientTime Time(string? text) =>
        text is null ? default
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var at) ? ClientTime.At(at.ToUnixTimeMilliseconds())
        : ClientTime.Unreadable;

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
