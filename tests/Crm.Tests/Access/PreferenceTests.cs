using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Access;

/// <summary>How people want the pages to be: each one's own, bounded, and gone with the account.</summary>
[Collection(PeopleGroup.Name)]
public sealed class PreferenceTests(PeopleFixture crm)
{
    private const string Path = "/api/v1/me/preferences";

    [Fact]
    public async Task What_is_kept_is_there_everywhere_for_its_owner_alone()
    {
        var (browser, session, _, _) = await crm.NewPerson("sales");
        var (other, _, _, _) = await crm.NewPerson("sales");
        Assert.Equal(404, (await Ask(browser, "GET", Path + "/list.deal")).Status);
        var kept = await Ask(browser, "PUT", Path + "/list.deal", Value("""{"columns":["name","amount"],"备注":"列"}"""));
        Assert.Equal((200, "list.deal"), (kept.Status, (string?)kept.Json["name"]));
        Assert.Equal(200, (await Ask(browser, "PUT", Path + "/home", Value("[1,2.50,1e999,\"\\u0000\"]"))).Status);

        var elsewhere = crm.Client(session: session);
        Assert.Equal("列", (string?)(await Ask(elsewhere, "GET", Path + "/list.deal")).Json["value"]!["备注"]);
        Assert.Equal(["home", "list.deal"], (await Ask(elsewhere, "GET", Path)).Json["items"]!.AsArray().Select(i => (string)i!["name"]!));
        Assert.Empty((await Ask(other, "GET", Path)).Json["items"]!.AsArray());
        Assert.Equal(404, (await Ask(other, "GET", Path + "/list.deal")).Status);

        Assert.Equal(200, (await Ask(elsewhere, "PUT", Path + "/list.deal", Value("""{"columns":["closeDate"]}"""))).Status);
        Assert.Equal("closeDate", (string?)(await Ask(browser, "GET", Path + "/list.deal")).Json["value"]!["columns"]![0]);
        Assert.Equal(204, (await Ask(other, "DELETE", Path + "/list.deal")).Status);
        Assert.Equal(200, (await Ask(browser, "GET", Path + "/list.deal")).Status);
        Assert.Equal((204, 204), ((await Ask(browser, "DELETE", Path + "/list.deal")).Status, (await Ask(browser, "DELETE", Path + "/list.deal")).Status));
        Assert.Equal(404, (await Ask(browser, "GET", Path + "/list.deal")).Status);
    }

    [Fact]
    public async Task What_is_too_much_or_no_preference_is_refused_in_words()
    {
        var (browser, _, id, _) = await crm.NewPerson("sales");
        foreach (var name in (string[])["Deal", "a%20b", "a%2Fb", "%E5%88%97", new string('a', UserPreferences.MaxNameLength + 1)])
            Assert.Equal((name, 400), (name, (await Ask(browser, "PUT", $"{Path}/{name}", Value("1"))).Status));
        foreach (var body in (string[])["{}", """{"value":null}""", """{"value":1,"more":2}""", $"{{\"value\":{new string('[', 33)}{new string(']', 33)}}}"])
            Assert.Equal((body, 422), (body, (await Ask(browser, "PUT", Path + "/a", JsonNode.Parse(body))).Status));
        Assert.Equal(422, (await Ask(browser, "PUT", Path + "/a", new JsonObject { ["value"] = new string('x', UserPreferences.MaxBytes - 1) })).Status);
        Assert.Equal(200, (await Ask(browser, "PUT", Path + "/a", new JsonObject { ["value"] = new string('x', UserPreferences.MaxBytes - 2) })).Status);

        await crm.Database.Do($"""
            INSERT INTO user_preference (user_id, name, value, updated_at)
            SELECT '{id}', 'n' || n, '1', now() FROM generate_series(1, {UserPreferences.MaxOfUser - 2}) n
            """);
        var last = await Task.WhenAll(Enumerable.Range(0, 5).Select(n => Ask(browser, "PUT", $"{Path}/last{n}", Value("1"))));
        Assert.Equal([200, 409, 409, 409, 409], last.Select(l => l.Status).Order());
        Assert.Equal(200, (await Ask(browser, "PUT", Path + "/a", Value("2"))).Status);
    }

    [Fact]
    public async Task They_go_with_the_account()
    {
        var (browser, _, id, _) = await crm.NewPerson("sales");
        Assert.Equal(200, (await Ask(browser, "PUT", Path + "/a", Value("1"))).Status);
        var preferences = $"SELECT count(*) FROM user_preference WHERE user_id = '{id}'";
        Assert.Equal(1, await crm.Database.Ask<long>(preferences));

        Assert.Equal(204, (await Ask(crm.Administrator, "DELETE", "/api/v1/users/" + id)).Status);

        Assert.Equal(0, await crm.Database.Ask<long>(preferences));
        Assert.NotEqual(200, (await Ask(browser, "PUT", Path + "/a", Value("1"))).Status);
        Assert.Equal(0, await crm.Database.Ask<long>(preferences));
    }

    [Fact]
    public async Task A_token_that_reads_keeps_nothing()
    {
        var (browser, _, _, _) = await crm.NewPerson("sales");
        Assert.Equal(200, (await Ask(browser, "PUT", Path + "/a", Value("1"))).Status);
        var (program, _, _) = await crm.NewToken(browser, "read");

        Assert.Equal(200, (await Ask(program, "GET", Path + "/a")).Status);
        Assert.Equal(403, (await Ask(program, "PUT", Path + "/a", Value("2"))).Status);
        Assert.Equal(403, (await Ask(program, "DELETE", Path + "/a")).Status);
        Assert.Equal(401, (await Ask(crm.Client(), "GET", Path)).Status);
    }

    [Fact]
    public async Task Colleagues_are_named_by_their_ids()
    {
        var (browser, _, id, name) = await crm.NewPerson("sales");
        var (_, _, other, otherName) = await crm.NewPerson("reader");

        var found = (await Ask(browser, "GET", $"/api/v1/people?ids={other},nobody,{id},{id}")).Json["data"]!.AsArray();

        Assert.Equal([(other, otherName), (id, name)], found.Select(p => ((string)p!["id"]!, (string)p["userName"]!)));
    }

    private static JsonObject Value(string json) => new() { ["value"] = JsonNode.Parse(json) };
}
