using System.Text.Json;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Access;

/// <summary>Sources over HTTP: made, read, changed, listed, removed.</summary>
[Collection(IngestGroup.Name)]
public sealed class SourceTests(IngestFixture crm)
{
    private const string All = "/api/v1/sources";

    [Fact]
    public async Task A_source_is_made_read_changed_and_removed()
    {
        var made = await crm.Ask("POST", All, """
            {"id":"lifecycle","name":"Shop","kind":"app","allowedOrigins":["HTTPS://Shop.Example/"],"settings":{"a":1,"b":2},"retentionDays":90}
            """);
        Assert.Equal((201, "/api/v1/sources/lifecycle", "\"1\""), (made.Status, made.Headers.Location!.ToString(), made.ETag()));
        Assert.Equal("https://shop.example", made.Json.GetProperty("allowedOrigins")[0].GetString());

        var changed = await crm.Ask(
            "PATCH", All + "/lifecycle", """{"name":"Other","settings":{"a":null,"c":3},"retentionDays":null,"enabled":false,"planViolations":"refuse"}""");
        var read = await crm.Ask("GET", All + "/lifecycle");
        Assert.Equal((200, "\"2\""), (changed.Status, read.ETag()));
        Assert.Equal(("Other", "app", """{"b":2,"c":3}""", "", "False", "refuse"), (
            read.Text("name"), read.Text("kind"), read.Json.GetProperty("settings").GetRawText(), read.Text("retentionDays"), read.Text("enabled"),
            read.Text("planViolations")));

        Assert.Equal(204, (await crm.Ask("DELETE", All + "/lifecycle")).Status);
        Assert.Equal((404, "urn:crm:problem:source-unknown"), await Problem(crm.Ask("GET", All + "/lifecycle")));
        Assert.Equal(404, (await crm.Ask("DELETE", All + "/lifecycle")).Status);
    }

    [Fact]
    public async Task Two_editors_are_told_apart_by_the_version()
    {
        var (id, _) = await crm.NewSource();

        Assert.Equal(200, (await crm.Ask("PATCH", $"{All}/{id}", """{"name":"first"}""", headers: ("If-Match", "\"1\""))).Status);
        Assert.Equal((412, "urn:crm:problem:stale"), await Problem(crm.Ask("PATCH", $"{All}/{id}", """{"name":"second"}""", headers: ("If-Match", "\"1\""))));
        Assert.Equal(412, (await crm.Ask("PATCH", $"{All}/{id}", """{"name":"x"}""", headers: ("If-Match", "\"nonsense\""))).Status);
        Assert.Equal(412, (await crm.Ask("DELETE", $"{All}/{id}", headers: ("If-Match", "\"1\""))).Status);
        Assert.Equal(304, (await crm.Ask("GET", $"{All}/{id}", headers: ("If-None-Match", "\"2\""))).Status);
        Assert.Equal("first", (await crm.Ask("GET", $"{All}/{id}", headers: ("If-None-Match", "\"1\""))).Text("name"));
        Assert.Equal(204, (await crm.Ask("DELETE", $"{All}/{id}", headers: ("If-Match", "\"2\""))).Status);
    }

    [Theory]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"id":"a/b","name":"x"}""", "id")]
    [InlineData("""{}""", "name")]
    [InlineData("""{"name":"x","kind":"fridge"}""", "kind")]
    [InlineData("""{"name":"x","allowedOrigins":["shop.example"]}""", "allowedOrigins")]
    [InlineData("""{"name":"x","allowedOrigins":["https://shop.example/path"]}""", "allowedOrigins")]
    [InlineData("""{"name":"x","retentionDays":0}""", "retentionDays")]
    [InlineData("""{"name":"x","retentionDays":1.5}""", "retentionDays")]
    [InlineData("""{"name":"x","settings":[]}""", "settings")]
    [InlineData("""{"name":"x","colour":"red"}""", "colour")]
    public async Task What_cannot_be_used_is_told_by_field(string body, string field)
    {
        var reply = await crm.Ask("POST", All, body);

        Assert.Equal((422, "application/problem+json"), (reply.Status, reply.ContentType));
        Assert.NotEmpty(reply.Json.GetProperty("errors").GetProperty(field)[0].GetString()!);
        Assert.True(reply.Json.TryGetProperty("traceId", out _));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"name":"x","name":"y"}""")]
    public async Task A_body_that_is_no_object_is_refused(string body) =>
        Assert.Equal((400, "urn:crm:problem:bad-body"), await Problem(crm.Ask("POST", All, body)));

    [Fact]
    public async Task An_id_is_given_once()
    {
        var (id, _) = await crm.NewSource();

        Assert.Equal((409, "urn:crm:problem:source-exists"), await Problem(crm.Ask("POST", All, $$"""{"id":"{{id}}","name":"again"}""")));
        Assert.StartsWith("src_", (await crm.Ask("POST", All, """{"name":"unnamed"}""")).Text("id"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sources_are_listed_in_pages_that_miss_none()
    {
        var made = new List<string>();
        for (var i = 0; i < 5; i++) made.Add((await crm.NewSource()).Id);

        var seen = new List<string>();
        for (var path = All + "?limit=2"; path is not null;)
        {
            var page = await crm.Ask("GET", path);
            Assert.InRange(page.Data().Count, 1, 2);
            seen.AddRange(page.Data().Select(s => s.GetProperty("id").GetString()!));
            path = page.Headers.TryGetValues("Link", out var links) ? links.Single().Split('>')[0][1..] : null;
            Assert.Equal(path is null, page.Json.GetProperty("next_cursor").ValueKind == JsonValueKind.Null);
        }

        Assert.Empty(made.Except(seen));
        Assert.Equal(seen.Distinct().Order(StringComparer.Ordinal), seen);
        Assert.Equal(400, (await crm.Ask("GET", All + "?limit=0")).Status);
        Assert.Equal(400, (await crm.Ask("GET", All + "?cursor=%21")).Status);
    }

    [Fact]
    public async Task Only_a_key_with_the_admin_scope_administers()
    {
        foreach (var (method, path) in new[] { ("GET", All), ("POST", All), ("GET", "/api/v1/keys"), ("GET", "/api/v1/dead-letters"), ("GET", All + "/shop/plan") })
        {
            Assert.Equal(401, (await crm.Ask(method, path, key: "wk_guess")).Status);
            Assert.Equal(403, (await crm.Ask(method, path, key: crm.WriteKey)).Status);
            Assert.Equal((403, "urn:crm:problem:forbidden"), await Problem(crm.Ask(method, path, key: crm.ServerKey)));
        }
    }

    [Fact]
    public async Task Old_ids_of_any_text_are_reached_by_their_encoded_name()
    {
        await crm.Keys.Create(ApiKeyKind.Write, "key", "shop / Zürich 100%");

        var reply = await crm.Ask("GET", $"{All}/{Uri.EscapeDataString("shop / Zürich 100%")}");

        Assert.Equal((200, "shop / Zürich 100%", "web"), (reply.Status, reply.Text("id"), reply.Text("kind")));
    }

    [Fact]
    public async Task The_description_tells_of_the_administering_part()
    {
        var document = await crm.Ask("GET", "/openapi/v1.json");
        var paths = document.Json.GetProperty("paths");

        Assert.Equal(200, document.Status);
        Assert.True(paths.GetProperty(All).GetProperty("post").TryGetProperty("requestBody", out var body), paths.GetRawText());
        Assert.True(body.GetProperty("content").GetProperty("application/json").TryGetProperty("schema", out _));
        foreach (var path in new[] { All + "/{id}", All + "/{id}/plan/{name}", All + "/{id}/violations", "/api/v1/keys", "/api/v1/dead-letters/replay", "/v1/track" })
            Assert.True(paths.TryGetProperty(path, out _), path);
    }

    private static async Task<(int, string?)> Problem(Task<Reply> asked)
    {
        var reply = await asked;
        return (reply.Status, reply.Text("type"));
    }
}
