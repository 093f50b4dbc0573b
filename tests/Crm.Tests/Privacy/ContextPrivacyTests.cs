using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Crm.Privacy;

public sealed class ContextPrivacyTests
{
    [Theory]
    [InlineData("203.0.113.77", "203.0.113.0")]
    [InlineData("2001:db8:1234:5678:9abc::1", "2001:db8:1234::")]
    [InlineData("::ffff:203.0.113.77", "203.0.113.0")]
    [InlineData("203.0.113.77:443", null)]
    [InlineData("ada's laptop", null)]
    [InlineData("", null)]
    public void Addresses_lose_what_names_a_single_connection(string ip, string? kept) => Assert.Equal(kept, ContextPrivacy.Truncated(ip));

    [Theory]
    [InlineData("""{"context":{"ip":"203.0.113.77","a":1},"b":2}""", """{"context":{"ip":"203.0.113.0","a":1},"b":2}""")]
    [InlineData("""{"context":{"\u0069p":"203.0.113.77"}}""", """{"context":{"ip":"203.0.113.0"}}""")]
    [InlineData("""{"context":{"ip":"1.2.3.4","ip":"203.0.113.77"}}""", """{"context":{"ip":"203.0.113.0"}}""")]
    [InlineData("""{"context":{"ip":{"v4":"203.0.113.77"}}}""", """{"context":{"ip":null}}""")]
    [InlineData("""{"properties":{"ip":"203.0.113.77"}}""", """{"properties":{"ip":"203.0.113.77"}}""")]
    public void Only_the_address_in_the_context_changes(string sent, string logged) => Same(logged, Apply(sent));

    [Fact]
    public void Addresses_are_kept_or_dropped_as_configured()
    {
        const string Sent = """{"context":{"ip":"203.0.113.77"}}""";

        Assert.Equal(Sent, Apply(Sent, IpAddresses.Keep));
        Same("""{"context":{"ip":null}}""", Apply(Sent, IpAddresses.Drop));
    }

    [Theory]
    [InlineData("""{"userId":"1"}""", """{"context":{"gpc":true},"userId":"1"}""")]
    [InlineData("""{"context":{},"userId":"1"}""", """{"context":{"gpc":true},"userId":"1"}""")]
    [InlineData("""{"context":null,"userId":"1"}""", """{"context":{"gpc":true},"userId":"1"}""")]
    [InlineData("""{"context":{"a":{"gpc":1},"ip":"203.0.113.77"}}""", """{"context":{"gpc":true,"a":{"gpc":1},"ip":"203.0.113.0"}}""")]
    [InlineData("""{"context":{"gpc":false,"a":1}}""", """{"context":{"gpc":true,"a":1}}""")]
    public void The_browsers_signal_is_noted_in_the_context(string sent, string logged) => Same(logged, Apply(sent, gpc: true));

    [Fact]
    public void An_event_without_either_is_logged_as_it_came()
    {
        ReadOnlyMemory<byte> body = Encoding.UTF8.GetBytes("""{"context":{"page":{"url":"/"}}}""");

        Assert.True(body.Equals(ContextPrivacy.Apply(body, IpAddresses.Truncate, gpc: false)));
    }

    private static string Apply(string json, IpAddresses ips = IpAddresses.Truncate, bool gpc = false) =>
        Encoding.UTF8.GetString(ContextPrivacy.Apply(Encoding.UTF8.GetBytes(json), ips, gpc).Span);

    // Of members with the same name the last one counts, here as where events are read.
    private static void Same(string expected, string actual)
    {
        using var parsed = System.Text.Json.JsonDocument.Parse(actual);
        var last = new JsonObject();
        foreach (var member in parsed.RootElement.EnumerateObject())
            last[member.Name] = member.Value.ValueKind == System.Text.Json.JsonValueKind.Object ? Object(member.Value) : JsonNode.Parse(member.Value.GetRawText());
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), last), actual);
    }

    private static JsonObject Object(System.Text.Json.JsonElement element)
    {
        var result = new JsonObject();
        foreach (var member in element.EnumerateObject()) result[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        return result;
    }
}
