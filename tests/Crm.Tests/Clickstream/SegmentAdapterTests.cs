using System.Text;
using System.Text.Json;
using Xunit;

namespace Crm.Clickstream;

public sealed class SegmentAdapterTests
{
    [Fact]
    public void Reads_every_field_of_an_event_whatever_their_order()
    {
        var read = Single("""
            { "properties":{"userId":"not me","nested":[{"type":"x"}]}, "sentAt":"2026-01-01T00:00:05Z", "event":"Order Completed",
              "timestamp":"2026-01-01T00:00:00Z", "messageId":"m1", "anonymousId":"a1", "context":{"ip":"::1"}, "userId":"u1" }
            """, EventType.Track);

        Assert.Equal(("Order Completed", "u1", "a1", "m1"), (read.Name, read.UserId, read.AnonymousId, read.MessageId));
        Assert.True(read.Original.Readable && read.SentAt.Readable && !read.Final.Given);
        Assert.Equal(EventFaults.None, read.Faults);
        Assert.Equal("u1", JsonDocument.Parse(read.Body).RootElement.GetProperty("userId").GetString());
    }

    [Theory]
    [InlineData("123", "123")]
    [InlineData("12.50", "12.50")]
    [InlineData("1e3", "1e3")]
    [InlineData("\"\\u0041b\"", "Ab")]
    [InlineData("\"a\\u0000b\"", "a\uFFFDb")]
    [InlineData("\"a\\ud800b\"", "a\uFFFDb")]
    [InlineData("\"\\ud83d\\ude00\"", "\U0001F600")]
    [InlineData("\"a\\nb\"", "a\uFFFDb")]
    [InlineData("true", null)]
    [InlineData("{\"a\":1}", null)]
    [InlineData("[1,2]", null)]
    [InlineData("null", null)]
    public void Reads_ids_as_they_come(string json, string? id)
    {
        var read = Single($$"""{"userId":{{json}},"event":"x"}""", EventType.Track);

        Assert.Equal(id, read.UserId);
        Assert.Equal(id?.Contains('\uFFFD', StringComparison.Ordinal) is true, read.Faults.HasFlag(EventFaults.Text));
    }

    [Fact]
    public void Knows_RudderStacks_final_timestamp()
    {
        var corrected = Single("""{"userId":"u","event":"x","originalTimestamp":"2026-01-01T00:00:00Z"}""", EventType.Track);
        var final = Single(
            """{"userId":"u","event":"x","timestamp":"2025-01-01T00:00:00Z","originalTimestamp":"2026-01-01T00:00:00Z"}""", EventType.Track);

        Assert.True(corrected.Original.Readable && !corrected.Final.Given);
        Assert.True(final.Original.Readable && final.Final.Readable);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("{")]
    [InlineData("{\"userId\":\"u\",}")]
    [InlineData("{\"userId\":\"u\"} x")]
    [InlineData("{'userId':'u'}")]
    [InlineData("{\"userId\":\"u\"")]
    [InlineData("\u0000")]
    [InlineData("[")]
    [InlineData("<xml/>")]
    public void Refuses_what_is_no_JSON(string body)
    {
        Assert.Equal((400, JsonBody.NotJson.Message), Failure(SegmentAdapter.ReadSingle(Bytes(body), EventType.Track)));
        Assert.Equal((400, JsonBody.NotJson.Message), Failure(SegmentAdapter.ReadBatch(Bytes(body))));
    }

    [Theory]
    [InlineData("[]", "The body must be one JSON object.")]
    [InlineData("\"text\"", "The body must be one JSON object.")]
    [InlineData("5", "The body must be one JSON object.")]
    [InlineData("{}", SegmentAdapter.NoBatch)]
    [InlineData("{\"batch\":{}}", SegmentAdapter.NoBatch)]
    [InlineData("{\"batch\":null}", SegmentAdapter.NoBatch)]
    public void Refuses_what_is_no_batch(string body, string message) =>
        Assert.Equal((400, message), Failure(SegmentAdapter.ReadBatch(Bytes(body))));

    [Fact]
    public void One_bad_element_never_fails_the_others()
    {
        var batch = SegmentAdapter.ReadBatch(Bytes($$$"""
            {"batch":[5, null, {"type":"nope","userId":"u"}, {"userId":"u"}, {"type":"track","userId":"u","event":"good"},
              "text", [1], {"type":"page","anonymousId":"a"}, {"type":"track","userId":"u","event":"long","properties":{"x":"{{{new string('x', 33_000)}}}"}}]}
            """));

        Assert.Null(batch.Failure);
        Assert.Equal([EventType.Track, EventType.Page], batch.Events.Select(e => e.Type));
        Assert.Equal(
            [JsonBody.NoObject, JsonBody.NoObject, SegmentAdapter.UnknownType, SegmentAdapter.UnknownType,
                JsonBody.NoObject, JsonBody.NoObject, JsonBody.EventTooLong],
            batch.Refused.Select(r => r.Reason));
        Assert.Equal("""{"type":"nope","userId":"u"}""", Encoding.UTF8.GetString(batch.Refused[2].Sample.Span));
        Assert.All(batch.Refused, r => Assert.InRange(r.Sample.Length, 1, 32 * 1024));
    }

    [Fact]
    public void An_event_may_be_32_KB_and_no_longer()
    {
        string Event(int length)
        {
            const string Frame = """{"type":"track","userId":"u","event":"x","p":""}""";
            return Frame.Replace("\"p\":\"\"", $"\"p\":\"{new string('x', length - Frame.Length)}\"", StringComparison.Ordinal);
        }

        Assert.Null(SegmentAdapter.ReadSingle(Bytes("  " + Event(32 * 1024)), EventType.Track).Failure);
        Assert.Equal((413, JsonBody.EventTooLong), Failure(SegmentAdapter.ReadSingle(Bytes(Event(32 * 1024 + 1)), EventType.Track)));
        Assert.Single(SegmentAdapter.ReadBatch(Bytes($$"""{"batch":[{{Event(32 * 1024)}}]}""")).Events);
    }

    [Fact]
    public void A_batch_holds_2500_events_and_no_more()
    {
        static string Batch(int count) =>
            $$"""{"batch":[{{string.Join(',', Enumerable.Repeat("""{"type":"page","userId":"u"}""", count))}}]}""";

        Assert.Equal(2_500, SegmentAdapter.ReadBatch(Bytes(Batch(2_500))).Events.Count);
        Assert.Equal(413, Failure(SegmentAdapter.ReadBatch(Bytes(Batch(2_501)))).Status);
    }

    [Fact]
    public void Nesting_of_100_is_read_and_of_100000_refused_without_harm()
    {
        static string Nested(int depth) =>
            $$"""{"userId":"u","event":"x","properties":{{string.Concat(Enumerable.Repeat("{\"a\":", depth))}}1{{new string('}', depth)}}}""";

        Assert.Null(SegmentAdapter.ReadSingle(Bytes(Nested(100)), EventType.Track).Failure);
        Assert.Equal(400, Failure(SegmentAdapter.ReadSingle(Bytes(Nested(100_000)), EventType.Track)).Status);
        Assert.Equal(400, Failure(SegmentAdapter.ReadBatch(Bytes("{\"batch\":" + new string('[', 100_000)))).Status);
    }

    [Fact]
    public void An_element_nested_beyond_all_use_fails_alone()
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);
        var deeper = string.Concat(Enumerable.Repeat("{\"a\":", 300)) + "1" + new string('}', 300);
        var batch = SegmentAdapter.ReadBatch(Bytes($$"""
            {"batch":[{"type":"page","userId":"u"},{"type":"page","userId":"u","properties":{{deep}}},
              {"type":"page","userId":"u","properties":{{deeper}}},{{deep}},{"type":"page","userId":"v"}]}
            """));

        Assert.Null(batch.Failure);
        Assert.Equal(["u", "v"], batch.Events.Select(e => e.UserId));
        Assert.Equal([JsonBody.EventTooLong, JsonBody.TooDeep, JsonBody.NoObject], batch.Refused.Select(r => r.Reason));
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_replaced_and_noted()
    {
        byte[] body = [.. "{\"userId\":\"u"u8, 0xff, .. "\",\"event\":\"x\"}"u8];

        var read = Assert.Single(SegmentAdapter.ReadSingle(body, EventType.Track).Events);

        Assert.Equal("u\uFFFD", read.UserId);
        Assert.True(read.Faults.HasFlag(EventFaults.Text));
        Assert.Equal("u\uFFFD", JsonDocument.Parse(read.Body).RootElement.GetProperty("userId").GetString());
    }

    [Fact]
    public void A_byte_order_mark_is_no_fault()
    {
        var read = Single("\uFEFF{\"userId\":\"u\",\"event\":\"x\"}", EventType.Track);
        Assert.Equal(("u", EventFaults.None), (read.UserId, read.Faults));
    }

    [Fact]
    public void The_last_of_two_equal_members_holds() =>
        Assert.Equal("b", Single("""{"userId":"a","event":"x","userId":"b"}""", EventType.Track).UserId);

    [Fact]
    public void A_body_is_a_copy_of_its_own()
    {
        var body = Bytes("""{"batch":[{"type":"page","userId":"u"}]}""");
        var read = SegmentAdapter.ReadBatch(body).Events[0];
        body.AsSpan().Clear();
        Assert.Equal("""{"type":"page","userId":"u"}""", Encoding.UTF8.GetString(read.Body.Span));
    }

    private static IncomingEvent Single(string body, EventType type) => Assert.Single(SegmentAdapter.ReadSingle(Bytes(body), type).Events);

    private static (int Status, string Message) Failure(IncomingBatch batch) => (batch.Failure!.Status, batch.Failure.Message);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
