using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Crm.Clickstream;

/// <summary>The three modes of CloudEvents over HTTP, as the npm package sends the first two.</summary>
public sealed class CloudEventsAdapterTests
{
    private const string Order = """{"id":"1","time":"2026-11-26T02:05:33.647Z","type":"com.shop.order.completed","source":"/shop","specversion":"1.0","subject":"ada","data":{"order_id":1}}""";

    [Fact]
    public void Binary_structured_and_batch_say_the_same()
    {
        var binary = Read("""{"order_id":1}""", "application/json; charset=utf-8", ("ce-id", "1"), ("ce-time", "2026-11-26T02:05:33.647Z"),
            ("ce-type", "com.shop.order.completed"), ("ce-source", "/shop"), ("ce-specversion", "1.0"), ("ce-subject", "ada"));
        foreach (var batch in (IncomingBatch[])[binary, Read(Order, "application/cloudevents+json"), Read($"[{Order}]", "application/cloudevents-batch+json"), Read(Order, "text/plain")])
        {
            var read = Assert.Single(batch.Events);
            Assert.Equal((EventType.Track, "com.shop.order.completed", "ada", "ce:/shop 1"), (read.Type, read.Name, read.UserId, read.MessageId));
            Assert.Equal(33_647, read.Original.UnixMs % 60_000);
            Assert.Equal(1, Json(read).GetProperty("properties").GetProperty("order_id").GetInt32());
            Assert.Equal("/shop", Json(read).GetProperty("context").GetProperty("cloudevent").GetProperty("source").GetString());
        }
    }

    [Theory]
    [InlineData("com.shop.identify", EventType.Identify)]
    [InlineData("page", EventType.Page)]
    [InlineData("com.shop.alias", EventType.Alias)]
    [InlineData("com.shop.group", EventType.Group)]
    public void The_last_word_of_the_type_may_be_a_call(string type, EventType call)
    {
        var read = Assert.Single(Read($$"""{"specversion":"1.0","id":"1","source":"s","type":"{{type}}","userid":"ada","anonymousid":"v","previousid":"p","groupid":"g","data":{"email":"e"} }""").Events);

        Assert.Equal((call, "ada", "v", "p", true), (read.Type, read.UserId, read.AnonymousId, read.PreviousId, read.HasGroupId));
        Assert.Equal("e", Json(read).GetProperty(call is EventType.Identify or EventType.Group ? "traits" : "properties").GetProperty("email").GetString());
    }

    [Fact]
    public void Data_that_are_no_object_are_kept_as_they_are()
    {
        const string Begin = """{"specversion":"1.0","id":"1","source":"s","type":"x","subject":"u",""";
        Assert.Equal(5, Json(Read(Begin + "\"data\":5}").Events[0]).GetProperty("properties").GetProperty("data").GetInt32());
        Assert.Equal("aGk=", Json(Read(Begin + "\"data_base64\":\"aGk=\"}").Events[0]).GetProperty("properties").GetProperty("data_base64").GetString());
        (string, string)[] headers = [("ce-id", "1"), ("ce-type", "x"), ("ce-source", "s"), ("ce-specversion", "1.0"), ("ce-subject", "J%C3%BCrgen")];
        var text = Read("hi", "text/plain", headers).Events[0];
        Assert.Equal("hi", Json(text).GetProperty("properties").GetProperty("data").GetString());
        Assert.Equal("Jürgen", text.UserId);
        Assert.Equal("aGk=", Json(Read("hi", "image/png", headers).Events[0]).GetProperty("properties").GetProperty("data_base64").GetString());
        Assert.Equal(400, Read("{", "application/json", headers).Failure?.Status);
    }

    [Theory]
    [InlineData("""{"id":"1","source":"s","type":"x"}""")]
    [InlineData("""{"specversion":"1.0","source":"s","type":"x"}""")]
    [InlineData("""{"specversion":"1.0","id":"","source":"s","type":"x"}""")]
    [InlineData("""{"specversion":"1.0","id":"1","source":{},"type":"x"}""")]
    public void What_lacks_an_attribute_is_refused(string body)
    {
        var batch = Read(body);
        Assert.True(batch.Single);
        Assert.Equal(CloudEventsAdapter.NoEvent, Assert.Single(batch.Refused).Reason);
        Assert.Equal(2, Read($"[{Order},{body},{Order}]").Events.Count);
    }

    [Fact]
    public void A_long_id_is_told_by_its_hash()
    {
        static string? Id(string source, string id) =>
            Read($$"""{"specversion":"1.0","id":"{{id}}","source":"{{source}}","type":"x","subject":"u"}""").Events[0].MessageId;

        var source = new string('s', 200);
        Assert.Equal(Id(source, "1"), Id(source, "1"));
        Assert.NotEqual(Id(source, "1"), Id(source, "2"));
        Assert.InRange(Id(source, "1")!.Length, 64, Admission.MaxMessageIdLength);
    }

    private static IncomingBatch Read(string body, string? contentType = null, params (string Name, string Value)[] headers)
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = contentType;
        foreach (var (name, value) in headers) request.Headers[name] = value;
        return CloudEventsAdapter.Read(request, Encoding.UTF8.GetBytes(body));
    }

    private static JsonElement Json(IncomingEvent read) => JsonDocument.Parse(read.Body).RootElement;
}
