using System.Globalization;
using System.Text.Json;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Access;

/// <summary>Keys over HTTP: what they may, from where, how often, and until when.</summary>
[Collection(IngestGroup.Name)]
public sealed class KeyTests(IngestFixture crm)
{
    private const string Event = """{"userId":"u","event":"x"}""";

    // A change is noticed within two seconds; a machine that runs all tests at once may take longer to come to it.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_key_is_made_shown_once_and_listed_without_its_secret()
    {
        var (id, secret) = await crm.NewSource();

        var listed = await crm.Ask("GET", $"/api/v1/keys?source={id}");
        var key = Assert.Single(listed.Data());

        Assert.DoesNotContain(secret, listed.Json.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(("write", "working", secret[..10], """["ingest"]"""), (
            Text(key, "kind"), Text(key, "state"), Text(key, "prefix"), key.GetProperty("scopes").GetRawText()));
        Assert.Equal(200, (await crm.Send("track", Event, secret)).Status);
        Assert.Equal(403, (await crm.Ask("GET", "/v1/customers/u:u", key: secret)).Status);
        Assert.Equal(200, (await crm.Ask("GET", "/api/v1/keys/" + Text(key, "id"))).Status);
        Assert.Equal(404, (await crm.Ask("GET", $"/api/v1/keys/{Guid.NewGuid()}")).Status);
    }

    [Theory]
    [InlineData("""{"kind":"write","name":"x","scopes":["ingest","read"]}""", "scopes")]
    [InlineData("""{"kind":"server","name":"x","scopes":["everything"]}""", "scopes")]
    [InlineData("""{"kind":"server","name":"x","scopes":[]}""", "scopes")]
    [InlineData("""{"kind":"root","name":"x"}""", "kind")]
    [InlineData("""{"kind":"write","name":"x","rateLimit":0}""", "rateLimit")]
    public async Task A_key_that_may_not_be_is_not_made(string body, string field)
    {
        var reply = await crm.Ask("POST", "/api/v1/sources/shop/keys", body);

        Assert.Equal(422, reply.Status);
        Assert.True(reply.Json.GetProperty("errors").TryGetProperty(field, out _), reply.Json.GetRawText());
    }

    [Fact]
    public async Task A_server_key_does_what_its_scopes_say()
    {
        var reading = await crm.Ask("POST", "/api/v1/sources/shop/keys", """{"kind":"server","name":"reads","scopes":["read"]}""");

        Assert.Equal(403, (await crm.Send("track", Event, reading.Text("key"))).Status);
        Assert.NotEqual(403, (await crm.Ask("GET", "/v1/customers/u:u", key: reading.Text("key"))).Status);
        Assert.Equal(403, (await crm.Ask("GET", "/api/v1/sources", key: reading.Text("key"))).Status);
    }

    [Fact]
    public async Task A_rate_limit_is_told_with_every_answer_and_then_kept()
    {
        var (_, key) = await crm.NewSource(keyFields: """{"rateLimit":3}""");

        for (var left = 2; left >= 0; left--)
        {
            var reply = await crm.Send("track", Event, key);
            Assert.Equal((200, "\"key\";q=3;w=60"), (reply.Status, reply.Headers.GetValues("RateLimit-Policy").Single()));
            Assert.StartsWith($"\"key\";r={left};t=", reply.Headers.GetValues("RateLimit").Single(), StringComparison.Ordinal);
        }

        var over = await crm.Send("track", Event, key);
        Assert.Equal((429, "False"), (over.Status, over.Text("success")));
        Assert.InRange(int.Parse(over.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture), 1, 60);
        Assert.StartsWith("\"key\";r=0;t=", over.Headers.GetValues("RateLimit").Single(), StringComparison.Ordinal);
        Assert.Equal(200, (await crm.Send("track", Event)).Status);
    }

    [Fact]
    public async Task A_rotated_key_works_until_its_time_and_the_new_one_at_once()
    {
        var (id, old) = await crm.NewSource(keyFields: """{"rateLimit":1000}""");
        var key = Text((await crm.Ask("GET", $"/api/v1/keys?source={id}")).Data()[0], "id");

        var rotated = await crm.Ask("POST", $"/api/v1/keys/{key}/rotate");
        Assert.Equal((201, "write", "1000", id), (rotated.Status, rotated.Text("kind"), rotated.Text("rateLimit"), rotated.Text("source")));
        Assert.Equal(200, (await crm.Send("track", Event, rotated.Text("key"))).Status);
        Assert.Equal(200, (await crm.Send("track", Event, old)).Status);
        var was = await crm.Ask("GET", "/api/v1/keys/" + key);
        Assert.Equal((rotated.Text("id"), "working"), (was.Text("replacedBy"), was.Text("state")));
        Assert.InRange(was.Json.GetProperty("expiresAt").GetDateTimeOffset() - was.Json.GetProperty("createdAt").GetDateTimeOffset(), TimeSpan.FromHours(23), TimeSpan.FromHours(25));

        Assert.Equal(409, (await crm.Ask("POST", $"/api/v1/keys/{key}/rotate")).Status);
        var second = await crm.Ask("POST", $"/api/v1/keys/{rotated.Text("id")}/rotate", $$"""{"validUntil":"{{TimeProvider.System.GetUtcNow():O}}"}""");
        Assert.Equal(201, second.Status);
        await Eventually.True(async () => (await crm.Send("track", Event, rotated.Text("key"))).Status == 401, "the rotated key has ended", s_soon);
        Assert.Equal(200, (await crm.Send("track", Event, second.Text("key"))).Status);
        Assert.Equal(422, (await crm.Ask("POST", $"/api/v1/keys/{second.Text("id")}/rotate", """{"validUntil":"2001-01-01T00:00:00Z"}""")).Status);
    }

    [Fact]
    public async Task A_running_API_learns_of_ends_and_of_disabled_sources()
    {
        var (id, key) = await crm.NewSource();
        Assert.Equal(200, (await crm.Send("track", Event, key)).Status);

        Assert.Equal(200, (await crm.Ask("PATCH", "/api/v1/sources/" + id, """{"enabled":false}""")).Status);
        await Eventually.True(async () => (await crm.Send("track", Event, key)).Status == 403, "the source is disabled", s_soon);
        Assert.Equal(200, (await crm.Ask("PATCH", "/api/v1/sources/" + id, """{"enabled":true}""")).Status);
        await Eventually.True(async () => (await crm.Send("track", Event, key)).Status == 200, "the source is enabled again", s_soon);

        var keyId = Text((await crm.Ask("GET", $"/api/v1/keys?source={id}")).Data()[0], "id");
        Assert.Equal(204, (await crm.Ask("DELETE", "/api/v1/keys/" + keyId)).Status);
        Assert.Equal(204, (await crm.Ask("DELETE", "/api/v1/keys/" + keyId)).Status);
        await Eventually.True(async () => (await crm.Send("track", Event, key)).Status == 401, "the key is revoked", s_soon);
        Assert.Equal("revoked", (await crm.Ask("GET", "/api/v1/keys/" + keyId)).Text("state"));
    }

    [Fact]
    public async Task Removing_a_source_ends_its_keys()
    {
        var (id, key) = await crm.NewSource();
        Assert.Equal(200, (await crm.Send("track", Event, key)).Status);

        Assert.Equal(204, (await crm.Ask("DELETE", "/api/v1/sources/" + id)).Status);

        await Eventually.True(async () => (await crm.Send("track", Event, key)).Status == 401, "the source's key has ended", s_soon);
    }

    [Fact]
    public async Task Pages_of_other_origins_may_not_use_the_key()
    {
        var (id, key) = await crm.NewSource("""{"allowedOrigins":["https://shop.example","https://*.shop.example"]}""");

        Assert.Equal((200, "https://shop.example"), await From("https://shop.example", key));
        Assert.Equal((200, "https://m.shop.example"), await From("https://m.shop.example", key));
        Assert.Equal((403, null), await From("https://thief.example", key));
        Assert.Equal((403, null), await From("https://shop.example.thief.example", key));
        Assert.Equal((403, null), await From("null", key));
        Assert.Equal(200, (await crm.Send("track", Event, key)).Status);
        Assert.Equal((200, "*"), await From("https://thief.example", crm.WriteKey));

        Assert.Equal(200, (await crm.Ask("PATCH", "/api/v1/sources/" + id, """{"allowedOrigins":["https://other.example"]}""")).Status);
        await Eventually.True(async () => await From("https://other.example", key) == (200, "https://other.example"), "the new origin is allowed", s_soon);
        Assert.Equal((403, null), await From("https://shop.example", key));
    }

    [Fact]
    public async Task When_a_key_was_last_used_is_noted()
    {
        var (key, secret) = await crm.Keys.Create(ApiKeyKind.Write, "used");
        Assert.Null((await crm.Keys.Get(key.Id))!.LastUsedAt);
        var ring = new KeyRing(crm.Keys, TimeProvider.System);
        await ring.Find(secret, default);

        var used = ring.TakeUsed();
        await crm.Keys.Touch([.. used], TimeProvider.System.GetUtcNow());

        Assert.Equal([key.Id], used);
        Assert.NotNull((await crm.Keys.Get(key.Id))!.LastUsedAt);
        Assert.Empty(ring.TakeUsed());
    }

    [Fact]
    public async Task That_a_key_was_used_for_the_first_time_is_known_at_once()
    {
        var (key, secret) = await crm.Keys.Create(ApiKeyKind.Write, "new");
        var ring = new KeyRing(crm.Keys, TimeProvider.System);
        await ring.Find(secret, default);

        Assert.Equal([key.Id], ring.TakeUsed(firstOnly: true));
        await ring.Find(secret, default);
        Assert.Empty(ring.TakeUsed(firstOnly: true));
        Assert.Equal([key.Id], ring.TakeUsed());
    }

    private async Task<(int Status, string? Allowed)> From(string origin, string key)
    {
        using var response = await crm.AskRaw("POST", "/v1/track", Event, key, ("Origin", origin));
        return ((int)response.StatusCode, response.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) ? allowed.Single() : null);
    }

    private static string? Text(JsonElement json, string member) => json.GetProperty(member).GetString();
}
