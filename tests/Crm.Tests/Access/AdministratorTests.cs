using System.Net;
using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Access;

/// <summary>What is administered by keys is administered by people, too, and by nobody else; what people may say of themselves.</summary>
[Collection(PeopleGroup.Name)]
public sealed class AdministratorTests(PeopleFixture crm)
{
    private static readonly string[] s_administered =
    [
        "/api/v1/sources", "/api/v1/keys", "/api/v1/dead-letters", "/api/v1/dead-letters/counts", "/api/v1/sources/office/plan", "/api/v1/sources/office/violations",
    ];

    private static readonly string[] s_watched = ["/v1/log", "/api/v1/system"];

    [Fact]
    public async Task Administrators_and_keys_that_administer_do_and_nobody_else()
    {
        await Source("office");
        var (sales, _, _, _) = await crm.NewPerson("sales");
        var nobody = crm.Client();
        var (admin, _, _) = await crm.NewToken(crm.Administrator, "admin");
        var (writes, _, _) = await crm.NewToken(crm.Administrator, "write");
        var (administers, reads, sends) = (await Key("server", "admin"), await Key("server", "ingest", "read"), await Key("write"));
        foreach (var path in s_administered.Concat(s_watched))
        {
            var watched = s_watched.Contains(path);
            var answers = new List<int>();
            foreach (var client in (HttpClient[])[crm.Administrator, admin, administers, reads, sends, sales, writes, nobody])
                answers.Add((await Ask(client, "GET", path)).Status);
            Assert.Equal((path, $"200 200 200 {(watched ? 200 : 403)} 403 403 403 401"), (path, string.Join(' ', answers)));
            Assert.Contains("token-scope", (await Ask(writes, "GET", path)).Text, StringComparison.Ordinal);
        }

        var refused = await Ask(sales, "POST", "/api/v1/sources", new JsonObject { ["name"] = "Mine" });
        Assert.Equal((403, "urn:crm:problem:forbidden"), (refused.Status, (string?)refused.Json["type"]));
    }

    [Fact]
    public async Task An_administrators_key_takes_events_and_the_audit_says_who_made_it()
    {
        await Source("kiosk");
        var made = await Ask(crm.Administrator, "POST", "/api/v1/sources/kiosk/keys", new JsonObject { ["kind"] = "write", ["name"] = "The page's" });
        Assert.Equal(201, made.Status);
        var client = crm.Client((string)made.Json["key"]!);
        Assert.Equal(200, (await Ask(client, "POST", "/v1/track", new JsonObject { ["userId"] = "ada", ["event"] = "Seen" })).Status);

        var me = (string)(await Ask(crm.Administrator, "GET", "/api/v1/me")).Json["id"]!;
        var lines = (await Ask(crm.Administrator, "GET", $"/api/v1/audit?kind=key&record={made.Json["id"]}")).Json["data"]!.AsArray();
        Assert.Equal(me, (string?)Assert.Single(lines)!["by"]);
        Assert.Equal(204, (await Ask(crm.Administrator, "DELETE", $"/api/v1/keys/{made.Json["id"]}")).Status);
    }

    [Fact]
    public async Task An_administrator_sees_what_a_dead_letter_holds_and_a_key_that_may_not_read_does_not()
    {
        await Source("till");
        var made = await Ask(crm.Administrator, "POST", "/api/v1/sources/till/keys", new JsonObject { ["kind"] = "write", ["name"] = "The till's" });
        var client = crm.Client((string)made.Json["key"]!);
        var batch = new JsonObject { ["batch"] = new JsonArray(new JsonObject { ["type"] = "track", ["event"] = "From nobody" }) };
        Assert.Equal(200, (await Ask(client, "POST", "/v1/batch", batch)).Status);

        var blind = await Key("server", "admin");
        var withheld = await Letter(blind);
        Assert.True((bool)withheld["withheld"]!);
        Assert.Null(withheld["sample"]);
        Assert.Contains("From nobody", (string)(await Letter(crm.Administrator))["sample"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_system_says_silos_and_what_is_stored()
    {
        var system = (await Ask(crm.Administrator, "GET", "/api/v1/system")).Json;

        var silo = Assert.Single(system["silos"]!.AsArray())!;
        Assert.True((bool)silo["active"]!);
        Assert.Empty(system["reasons"]!.AsArray());
        Assert.InRange((long)system["storage"]!["databaseBytes"]!, 1_000_000, long.MaxValue);
        var tables = system["storage"]!["tables"]!.AsArray();
        Assert.InRange(tables.Count, 5, 12);
        Assert.Equal(tables.Select(t => (long)t!["bytes"]!).OrderDescending(), tables.Select(t => (long)t!["bytes"]!));
        Assert.NotEqual("", (string?)system["version"]);
    }

    [Fact]
    public async Task A_person_changes_the_own_name_and_language_and_nothing_else()
    {
        var (browser, _, id, name) = await crm.NewPerson("sales");

        var changed = await Ask(browser, "PATCH", "/api/v1/me", new JsonObject { ["name"] = "李娜", ["language"] = "zh-CN" });
        Assert.Equal((200, "李娜", "zh-CN", name), (changed.Status, (string?)changed.Json["name"], (string?)changed.Json["language"], (string?)changed.Json["userName"]));
        var me = await Ask(browser, "GET", "/api/v1/me");
        Assert.Equal(("李娜", "zh-CN", "sales"), ((string?)me.Json["name"], (string?)me.Json["language"], (string?)me.Json["role"]));

        foreach (var (field, value) in new[] { ("role", "administrator"), ("userName", "other"), ("language", "xx"), ("team", "top"), ("name", "") })
        {
            var refused = await Ask(browser, "PATCH", "/api/v1/me", new JsonObject { [field] = value });
            Assert.Equal((field, 422), (field, refused.Status));
            Assert.NotNull(refused.Json["errors"]![field]);
        }

        var user = await Ask(crm.Administrator, "GET", "/api/v1/users/" + id);
        Assert.Equal(("sales", name), ((string?)user.Json["role"], (string?)user.Json["userName"]));
        using var stale = new HttpRequestMessage(HttpMethod.Patch, new Uri("/api/v1/me", UriKind.Relative)) { Content = new StringContent("{\"name\":\"Late\"}") };
        stale.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        using var answer = await browser.SendAsync(stale);
        Assert.Equal(HttpStatusCode.PreconditionFailed, answer.StatusCode);
    }

    private static async Task<JsonNode> Letter(HttpClient client)
    {
        var letters = new JsonArray();
        await Eventually.True(async () => (letters = (await Ask(client, "GET", "/api/v1/dead-letters?source=till")).Json["data"]!.AsArray()).Count > 0, "a dead letter is kept", TimeSpan.FromSeconds(30));
        return letters[0]!;
    }

    private async Task Source(string id)
    {
        var made = await Ask(crm.Administrator, "POST", "/api/v1/sources", new JsonObject { ["id"] = id, ["name"] = "The " + id });
        Assert.True(made.Status is 201 or 409, made.Text);
    }

    private async Task<HttpClient> Key(string kind, params string[] scopes)
    {
        await Source("office");
        var order = new JsonObject { ["kind"] = kind, ["name"] = "A key" };
        if (scopes.Length > 0) order["scopes"] = new JsonArray([.. scopes.Select(s => (JsonNode)s)]);
        var made = await Ask(crm.Administrator, "POST", "/api/v1/sources/office/keys", order);
        Assert.True(made.Status == 201, made.Text);
        return crm.Client((string)made.Json["key"]!);
    }
}
