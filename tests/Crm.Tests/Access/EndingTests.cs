using System.Text.Json.Nodes;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Access;

/// <summary>Roles are edited; accounts and teams end, and what belongs to them goes to others first.</summary>
[Collection(PeopleGroup.Name)]
public sealed class EndingTests(PeopleFixture crm)
{
    [Fact]
    public async Task A_role_is_made_changed_used_and_deleted_when_nobody_has_it()
    {
        var rights = JsonNode.Parse("""{"deal":{"create":true,"read":"own","edit":"own","hidden":["amount"]},"activity":{"create":true,"read":"all"}}""");
        var made = await Ask(crm.Administrator, "PUT", "/api/v1/roles/night-shift", new JsonObject { ["name"] = "Night shift", ["rights"] = rights });
        Assert.True(made.Status == 200, made.Text);
        var (browser, _, id, _) = await crm.NewPerson("night-shift");
        Assert.Equal(201, (await Ask(browser, "POST", "/api/v1/activities", Call("Mine"))).Status);

        // Another's change in between is not overwritten.
        using var stale = new HttpRequestMessage(HttpMethod.Put, new Uri("/api/v1/roles/night-shift", UriKind.Relative));
        stale.Headers.TryAddWithoutValidation("If-Match", "\"7\"");
        stale.Content = new StringContent("""{"name":"Night"}""", null, "application/json");
        using (var refused = await crm.Administrator.SendAsync(stale)) Assert.Equal(412, (int)refused.StatusCode);

        Assert.Equal(200, (await Ask(crm.Administrator, "PUT", "/api/v1/roles/night-shift", new JsonObject { ["name"] = "Night shift" })).Status);
        Assert.Equal(403, (await Ask(browser, "POST", "/api/v1/activities", Call("Not any more"))).Status);
        var inUse = await Ask(crm.Administrator, "DELETE", "/api/v1/roles/night-shift");
        Assert.Equal(409, inUse.Status);
        Assert.Contains("1 users", inUse.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await Ask(crm.Administrator, "PATCH", $"/api/v1/users/{id}", new JsonObject { ["role"] = "reader" })).Status);
        Assert.Equal(204, (await Ask(crm.Administrator, "DELETE", "/api/v1/roles/night-shift")).Status);
        Assert.Equal(404, (await Ask(crm.Administrator, "DELETE", "/api/v1/roles/night-shift")).Status);
        Assert.Equal(403, (await Ask(browser, "PUT", "/api/v1/roles/own", new JsonObject { ["name"] = "Own", ["administers"] = true })).Status);
        await using var audit = crm.Database.CreateCommand("select string_agg(action, ' ' order by id) from audit where kind = 'role' and record = 'night-shift'");
        Assert.Equal("create edit delete", await audit.ExecuteScalarAsync());
    }

    [Theory]
    [InlineData("administrator", """{"name":"Less"}""", 409, "administrator")]
    [InlineData("Big", """{"name":"Big"}""", 422, "small letters")]
    [InlineData("r1", """{"name":""}""", 422, "name:")]
    [InlineData("r1", """{"name":"R","rights":{"dael":{}}}""", 422, "no such kind")]
    [InlineData("r1", """{"name":"R","rights":{"deal":{"read":"everything"}}}""", 422, "rights.deal")]
    [InlineData("r1", """{"name":"R","rights":{"deal":{"reed":"all"}}}""", 422, "rights.deal")]
    [InlineData("r1", """{"name":"R","rights":{"deal":{"hidden":["amout"]}}}""", 422, "no field amout")]
    [InlineData("r1", """{"name":"R","rights":[]}""", 422, "object of kinds")]
    [InlineData("r1", """{"name":"R","color":"red"}""", 422, "color:")]
    public async Task A_role_that_cannot_be_is_refused_in_words(string id, string body, int status, string says)
    {
        var answer = await Ask(crm.Administrator, "PUT", "/api/v1/roles/" + id, JsonNode.Parse(body));

        Assert.Equal(status, answer.Status);
        Assert.Contains(says, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_owns_records_ends_when_another_has_got_them()
    {
        Assert.Equal(200, (await Ask(crm.Administrator, "PUT", "/api/v1/teams/harbour", new JsonObject { ["name"] = "Harbour" })).Status);
        var leaving = await crm.NewPerson("sales");
        var heir = await crm.NewPerson("sales", "harbour");
        string[] made = [await Made(leaving.Browser, "activities", Call("One")), await Made(leaving.Browser, "activities", Call("Two")),
            await Made(leaving.Browser, "companies", new JsonObject { ["name"] = "Mill" })];

        var refused = await Ask(crm.Administrator, "DELETE", $"/api/v1/users/{leaving.Id}");
        Assert.Equal(409, refused.Status);
        Assert.Contains("1 company, 2 activities", refused.Text, StringComparison.Ordinal);
        Assert.Equal(400, (await Ask(crm.Administrator, "DELETE", $"/api/v1/users/{leaving.Id}?transferTo={leaving.Id}")).Status);
        Assert.Equal(400, (await Ask(crm.Administrator, "DELETE", $"/api/v1/users/{leaving.Id}?transferTo=nobody")).Status);
        Assert.Equal(200, (await Ask(leaving.Browser, "GET", "/api/v1/me")).Status);

        var ended = await Ask(crm.Administrator, "DELETE", $"/api/v1/users/{leaving.Id}?transferTo={heir.Id}");

        Assert.True(ended.Status == 204, ended.Text);
        Assert.Equal(401, (await Ask(leaving.Browser, "GET", "/api/v1/me")).Status);
        Assert.Equal(401, (await Form(leaving.Browser, "login", $"username={leaving.Name}&password={Password}")).Status);
        Assert.Equal(404, (await Ask(crm.Administrator, "GET", $"/api/v1/users/{leaving.Id}")).Status);
        Assert.Equal(404, (await Ask(crm.Administrator, "DELETE", $"/api/v1/users/{leaving.Id}")).Status);
        foreach (var path in made)
        {
            var record = (await Ask(heir.Browser, "GET", path)).Json;
            Assert.Equal((heir.Id, "harbour", 2), ((string)record["owner"]!, (string)record["team"]!, (int)record["recordVersion"]!));
        }

        // The name is free, and the one who left is not the one who comes.
        var again = await Ask(crm.Administrator, "POST", "/api/v1/users", new JsonObject { ["userName"] = leaving.Name, ["role"] = "sales" });
        Assert.Equal(201, again.Status);
        Assert.NotEqual(leaving.Id, (string)again.Json["id"]!);
    }

    [Fact]
    public async Task A_team_ends_when_another_has_got_its_people_teams_and_records()
    {
        foreach (var (id, parent) in ((string, string?)[])[("east", null), ("east-1", "east"), ("west", null)])
            Assert.Equal(200, (await Ask(crm.Administrator, "PUT", "/api/v1/teams/" + id, new JsonObject { ["name"] = id, ["parent"] = parent })).Status);
        var member = await crm.NewPerson("sales", "east");
        var record = await Made(member.Browser, "activities", Call("East's"));

        Assert.Contains("1 members and 1 teams", (await Ask(crm.Administrator, "DELETE", "/api/v1/teams/east")).Text, StringComparison.Ordinal);
        Assert.Equal(400, (await Ask(crm.Administrator, "DELETE", "/api/v1/teams/east?transferTo=east-1")).Status);
        Assert.Equal(404, (await Ask(crm.Administrator, "DELETE", "/api/v1/teams/nowhere")).Status);
        var ended = await Ask(crm.Administrator, "DELETE", "/api/v1/teams/east?transferTo=west");

        Assert.True(ended.Status == 204, ended.Text);
        Assert.Equal("west", (string?)(await Ask(crm.Administrator, "GET", $"/api/v1/users/{member.Id}")).Json["team"]);
        Assert.Equal("west", (string?)(await Ask(member.Browser, "GET", record)).Json["team"]);
        var teams = (await Ask(crm.Administrator, "GET", "/api/v1/teams")).Json.AsArray();
        Assert.Equal("west", (string?)teams.Single(t => (string?)t!["id"] == "east-1")!["parent"]);
        Assert.DoesNotContain(teams, t => (string?)t!["id"] == "east");
        Assert.Equal(204, (await Ask(crm.Administrator, "DELETE", "/api/v1/teams/east-1")).Status);
    }

    private static JsonObject Call(string subject) => new() { ["type"] = "call", ["subject"] = subject };

    private static async Task<string> Made(HttpClient client, string plural, JsonObject body)
    {
        var made = await Ask(client, "POST", "/api/v1/" + plural, body);
        Assert.True(made.Status == 201, made.Text);
        return $"/api/v1/{plural}/{made.Json["id"]}";
    }
}
