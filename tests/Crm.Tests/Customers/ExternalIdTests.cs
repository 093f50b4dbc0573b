using System.Text.Json;
using Crm.Clickstream;
using Xunit;

namespace Crm.Customers;

/// <summary>Ids that events tell of beside userId and anonymousId: which, how many, and how they are stored.</summary>
public sealed class ExternalIdTests
{
    [Fact]
    public void Ids_of_the_context_are_read_on_any_call()
    {
        var view = Given.View(With(1, """
            {"externalIds":[
              {"id":"B-7","type":"badge","collection":"users","encoding":"none"},
              {"id":"Ann@Example.org","type":"email"},
              {"id":"acme","type":"account","collection":"accounts"},
              {"id":"x","type":"hashed","encoding":"sha256"},
              {"id":"other","type":"user_id"},
              {"id":"null","type":"badge"}, {"id":"y","type":"No Kind"}, {"type":"badge"}, 7],
             "device":{"id":"D1","type":"iOS","advertisingId":"IDFA","token":"T"}}
            """));

        Assert.Equal(["user_id", "email", "badge", "ios.id", "ios.idfa", "ios.push_token"], view.ExternalIds.Keys);
        Assert.Equal(["B-7"], view.ExternalIds["badge"]);
        Assert.Equal(["Ann@Example.org"], view.ExternalIds["email"]);
        Assert.Equal(["ann"], view.ExternalIds["user_id"]);
    }

    [Fact]
    public void Each_kind_keeps_its_newest_whatever_comes_first()
    {
        var events = Enumerable.Range(1, 30).Select(i => With(i, $$"""{"externalIds":[{"id":"b{{i}}","type":"badge"}]}""")).ToArray();

        var (forward, backward) = (Given.View(events), Given.View(events.Reverse()));

        Assert.Equal(Enumerable.Range(21, 10).Reverse().Select(i => $"b{i}"), forward.ExternalIds["badge"]);
        Assert.Equal(forward.ExternalIds["badge"], backward.ExternalIds["badge"]);
    }

    [Fact]
    public void A_script_that_makes_up_kinds_is_bounded()
    {
        var profile = new CustomerProfile();
        for (var i = 0; i < 500; i++) profile.Fold(With(i, $$"""{"externalIds":[{"id":"x","type":"kind{{i}}"}]}"""));

        Assert.Equal(ExternalIds.MaxCustom + 1, profile.View().ExternalIds.Count);
    }

    [Fact]
    public void What_a_server_told_is_stored_and_needs_the_newer_version()
    {
        var plain = Given.Profile(Given.Identify(1, """{"email":"a@b.c"}"""));
        var told = Given.Profile(Given.Identify(1, """{"email":"a@b.c"}""") with { FromServer = true });

        Assert.Equal((1, 2), (plain.Packed()[0], told.Packed()[0]));
        Assert.Equal([new ExternalId("email", "a@b.c", true)], Given.Unpacked(told.Packed()).Names());
        Assert.Equal([new ExternalId("email", "a@b.c")], Given.Unpacked(plain.Packed()).Names());

        plain.HasNewNames = false;
        plain.Fold(Given.Identify(2, """{"email":"a@b.c"}""") with { FromServer = true });
        Assert.True(plain.HasNewNames);
    }

    [Theory]
    [InlineData("email", " Ann@Example.ORG ", "ann@example.org")]
    [InlineData("phone", "+41 (0)44 123-45", "+4104412345")]
    [InlineData("badge", " B7 ", "B7")]
    [InlineData("phone", "none", null)]
    [InlineData("email", "undefined", null)]
    [InlineData("badge", "000", null)]
    public void Ids_are_compared_by_what_they_say(string kind, string value, string? compared) =>
        Assert.Equal(compared, ExternalId.Of(kind, value)?.Value);

    [Fact]
    public void An_event_says_whether_a_server_brought_it()
    {
        var happened = Given.Page(1) with { FromServer = true, Faults = EventFaults.Text };
        var packed = new System.Buffers.ArrayBufferWriter<byte>();
        PackedEvent.Write(packed, happened);

        var read = PackedEvent.Read(packed.WrittenMemory);

        Assert.Equal((true, EventFaults.Text), (read.FromServer, read.Faults));
        Assert.True(PackedEnvelope.TryRead(packed.WrittenSpan, out var envelope));
        Assert.Equal(happened with { Faults = 0, FromServer = false } with { Faults = EventFaults.Text, FromServer = true }, PackedEvent.WithFlags(happened with { Faults = 0, FromServer = false }, envelope.Flags));
    }

    private static BehaviourEvent With(double minute, string context) =>
        Given.Event(EventType.Page, minute, $$"""{"context":{{context}}}""");
}
