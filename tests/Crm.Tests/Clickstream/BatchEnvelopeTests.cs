using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck.Xunit;
using Xunit;

namespace Crm.Clickstream;

public sealed class BatchEnvelopeTests
{
    [Theory]
    [InlineData("""{"type":"page","userId":"u"}""", """{"a":1,"b":{"c":2}}""")]
    [InlineData("""{"type":"page","userId":"u","context":{}}""", """{"a":1,"b":{"c":2}}""")]
    [InlineData("""{"type":"page","userId":"u","context": { } }""", """{"a":1,"b":{"c":2}}""")]
    [InlineData("""{"type":"page","userId":"u","context":null}""", """{"a":1,"b":{"c":2}}""")]
    [InlineData("""{"context":{"a":9},"type":"page","userId":"u"}""", """{"a":9,"b":{"c":2}}""")]
    [InlineData("""{"context":{"b":null,"z":[1]},"type":"page","userId":"u"}""", """{"a":1,"b":null,"z":[1]}""")]
    [InlineData("""{"context":{"\u0061":9,"b":1},"type":"page","userId":"u"}""", """{"a":9,"b":1}""")]
    [InlineData("""{"context":"mine","type":"page","userId":"u"}""", "\"mine\"")]
    public void The_batchs_context_stands_under_each_events_own(string own, string expected)
    {
        foreach (var batch in (string[])[$$$"""{"context":{"a":1,"b":{"c":2}},"batch":[{{{own}}}]}""", $$$$"""{"batch":[{{{{own}}}}],"context":{"a":1,"b":{"c":2}}}"""])
        {
            var merged = JsonNode.Parse(Read(batch).Events[0].Body.Span)!;
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), merged["context"]), merged.ToJsonString());
            Assert.Equal("u", (string?)merged["userId"]);
        }
    }

    [Fact]
    public void Context_and_integrations_merge_side_by_side_in_either_order()
    {
        foreach (var own in (string[])["""{"context":{"x":1},"integrations":{"y":2},"type":"page","userId":"u"}""", """{"integrations":{"y":2},"type":"page","context":{"x":1},"userId":"u"}""", """{"type":"page","userId":"u"}"""])
        {
            var merged = JsonNode.Parse(Read($$$"""{"batch":[{{{own}}}],"context":{"a":1},"integrations":{"All":false}}""").Events[0].Body.Span)!;
            Assert.Equal(1, (int?)merged["context"]!["a"]);
            Assert.False((bool?)merged["integrations"]!["All"]);
        }
    }

    [Fact]
    public void SentAt_of_the_batch_holds_where_the_event_has_none()
    {
        var batch = Read("""
            {"batch":[{"type":"page","userId":"u"},{"type":"page","userId":"u","sentAt":"2026-01-01T00:00:01Z"}],"sentAt":"2026-01-01T00:00:09Z"}
            """);

        Assert.Equal([9_000L, 1_000L], batch.Events.Select(e => e.SentAt.UnixMs % 60_000));
    }

    [Fact]
    public void A_long_context_cannot_become_a_hundred_megabytes()
    {
        var events = string.Join(',', Enumerable.Repeat("""{"type":"page","userId":"u"}""", 2_500));

        var batch = Read($$$"""{"batch":[{{{events}}}],"context":{"x":"{{{new string('x', 30_000)}}}"}}""");

        Assert.Equal(413, batch.Failure?.Status);
        Assert.InRange(batch.Events.Sum(e => (long)e.Body.Length), 0, IngestLimits.MergedBytes);
    }

    [Fact]
    public void An_event_that_the_context_makes_too_long_is_refused_alone()
    {
        var batch = Read($$$"""
            {"batch":[{"type":"page","userId":"u","p":"{{{new string('x', 20_000)}}}"},{"type":"page","userId":"u"}],"context":{"x":"{{{new string('x', 20_000)}}}"}}
            """);

        Assert.Single(batch.Events);
        Assert.Equal(JsonBody.EventTooLong, Assert.Single(batch.Refused).Reason);
    }

    [Property(MaxTest = 200)]
    public void Any_two_contexts_merge_as_objects_do(Dictionary<string, int> envelope, Dictionary<string, int> own)
    {
        var keys = envelope.Where(p => Sound(p.Key)).ToDictionary();
        var mine = own.Where(p => Sound(p.Key)).ToDictionary();
        var text = $$"""
            {"context":{{JsonSerializer.Serialize(keys)}},"batch":[{"type":"page","userId":"u","context":{{JsonSerializer.Serialize(mine)}}}]}
            """;

        var merged = JsonNode.Parse(Read(text).Events[0].Body.Span)!["context"]!.AsObject();

        Assert.Equal(keys.Keys.Union(mine.Keys).Order(), merged.Select(m => m.Key).Order());
        Assert.All(merged, m => Assert.Equal(mine.TryGetValue(m.Key, out var value) ? value : keys[m.Key], (int)m.Value!));
    }

    // Control characters and lone surrogates in keys are compared after their replacement: two such keys may fall together.
    private static bool Sound(string? key) => key is not null && !key.Any(c => char.IsControl(c) || char.IsSurrogate(c));

    private static IncomingBatch Read(string body) => SegmentAdapter.ReadBatch(Encoding.UTF8.GetBytes(body));
}
