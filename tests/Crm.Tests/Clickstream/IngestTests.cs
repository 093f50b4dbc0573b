using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Clickstream;

/// <summary>Events over HTTP into a real log, while no silo is there at all.</summary>
[Collection(IngestGroup.Name)]
public sealed class IngestTests(IngestFixture crm)
{
    [Fact]
    public async Task An_accepted_event_is_in_the_log_at_the_position_answered()
    {
        var reply = await crm.Send("track", """{"userId":"in-the-log","event":"Seen","messageId":"m-1","properties":{"a":1}}""");

        Assert.Equal((200, "True"), (reply.Status, reply.Text("success")));
        Assert.Equal(reply.Text("position"), reply.Headers.GetValues("X-Crm-Position").Single());
        Assert.True(LogPosition.TryParse(reply.Text("position"), out var position));
        var happened = await Logged(position.Seqs.Single());
        Assert.Equal(("u:in-the-log", "m-1", "shop", "Seen"), (happened.Lane, happened.MessageId, happened.Source, happened.Name));
    }

    [Theory]
    [InlineData("track", EventType.Track)]
    [InlineData("identify", EventType.Identify)]
    [InlineData("page", EventType.Page)]
    [InlineData("screen", EventType.Screen)]
    [InlineData("group", EventType.Group)]
    [InlineData("alias", EventType.Alias)]
    public async Task Each_call_has_its_own_address(string call, EventType type)
    {
        var reply = await crm.Send(call, """{"userId":"calls","event":"e","groupId":"g","previousId":"p","type":"track"}""");

        Assert.True(LogPosition.TryParse(reply.Text("position"), out var position));
        Assert.Equal(type, (await Logged(position.Seqs.Single())).Type);
    }

    [Fact]
    public async Task Refused_elements_are_counted_and_kept_with_their_reason()
    {
        var reply = await crm.Send("batch", """{"batch":[{"type":"track","userId":"u","event":"ok"},{"type":"no-such-call","userId":"u"}]}""");

        Assert.Equal((200, "1"), (reply.Status, reply.Text("refused")));
        await Eventually.True(
            async () => await crm.Count("select count(*) from dead_letter_inbound where reason like 'Its \"type\"%' and source = 'shop' and encode(sample, 'escape') like '%no-such-call%'") == 1,
            "the dead letter is written");
    }

    [Fact]
    public async Task A_batch_of_nothing_but_refusals_is_answered_as_one()
    {
        var reply = await crm.Send("batch", """{"batch":[{"type":"track","event":"nobody"}]}""");

        Assert.Equal((200, "1", null), (reply.Status, reply.Text("refused"), reply.Text("position")));
        Assert.Equal(200, (await crm.Send("batch", """{"batch":[]}""")).Status);
    }

    [Theory]
    [InlineData("track", "{", 400)]
    [InlineData("track", "[]", 400)]
    [InlineData("track", """{"event":"nobody"}""", 400)]
    [InlineData("track", """{"userId":"u"}""", 400)]
    [InlineData("alias", """{"userId":"u"}""", 400)]
    [InlineData("batch", """{"events":[]}""", 400)]
    public async Task What_cannot_be_used_is_told_so_in_words(string call, string body, int status)
    {
        var reply = await crm.Send(call, body);

        Assert.Equal((status, "False"), (reply.Status, reply.Text("success")));
        Assert.InRange(reply.Text("message")!.Length, 20, 300);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task The_content_type_does_not_matter_and_gzip_is_read(string contentType)
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write("""{"batch":[{"type":"page","anonymousId":"zipped"}]}"""u8);
        var content = new ByteArrayContent(zipped.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        content.Headers.ContentEncoding.Add("gzip");

        Assert.Equal(200, (await crm.Send("batch", content, IngestFixture.Basic(crm.WriteKey))).Status);
    }

    [Theory]
    [InlineData(501 * 1024)]
    [InlineData(3 * 1024 * 1024)]
    public async Task Too_long_a_body_is_refused_in_words(int length)
    {
        var reply = await crm.Send("batch", $$"""{"batch":[],"x":"{{new string('x', length)}}"}""");

        Assert.Equal(413, reply.Status);
        Assert.Contains("500 KB", reply.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Browsers_may_send_from_any_page_and_hear_of_errors()
    {
        using var preflight = new HttpRequestMessage(HttpMethod.Options, new Uri("/v1/track", UriKind.Relative));
        preflight.Headers.Add("Origin", "https://shop.example");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-retry-count");
        using var allowed = await crm.Api.Http.SendAsync(preflight);
        using var wrong = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/track", UriKind.Relative)) { Content = new StringContent("{}") };
        wrong.Headers.Add("Origin", "https://shop.example");
        using var refused = await crm.Api.Http.SendAsync(wrong);

        Assert.Equal(204, (int)allowed.StatusCode);
        Assert.Equal("*", allowed.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("x-retry-count", allowed.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.Ordinal);
        Assert.Equal(401, (int)refused.StatusCode);
        Assert.Equal("*", refused.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task Without_a_silo_reads_wait_and_say_so()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/customers/u:u", UriKind.Relative));
        request.Headers.Authorization = IngestFixture.Basic(crm.ServerKey);
        using var response = await crm.Api.Http.SendAsync(request);
        var reply = await Reply.Of(response);
        using var ready = await crm.Api.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));

        Assert.Equal((503, "application/problem+json", "1"), (reply.Status, reply.ContentType, reply.Headers.GetValues("Retry-After").Single()));
        Assert.Equal(503, (int)ready.StatusCode);
        Assert.Contains("ingest works, reads wait", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<BehaviourEvent> Logged(PartitionSeq at)
    {
        await using var command = crm.Postgres.Source.CreateCommand(
            "select first_seq, count, payload from event_block where partition = $1 and first_seq <= $2 order by first_seq desc limit 1");
        command.Parameters.Add(new() { Value = (short)at.Partition });
        command.Parameters.Add(new() { Value = at.Seq });
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        var block = new LogBlock(at.Partition, row.GetInt64(0), row.GetInt32(1), row.GetFieldValue<byte[]>(2));
        return PackedEvent.Read(block.Events().Single(e => e.Seq == at.Seq).Packed);
    }
}
