using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Infrastructure;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Privacy;

/// <summary>Consent and erasure as people who are signed in meet them, under the rule of access.</summary>
[Collection(PeopleGroup.Name)]
public sealed class CustomerPrivacyTests(PeopleFixture crm)
{
    private const string Customers = "/api/v1/customers";

    [Fact]
    public async Task Who_may_edit_a_customer_notes_what_the_person_says()
    {
        await Role("consent-own", """{"customer":{"create":true,"read":"all","edit":"own"}}""");
        var (ada, _, adaId, _) = await crm.NewPerson("consent-own");
        var (bob, _, _, _) = await crm.NewPerson("consent-own");
        var id = await Made(ada);
        var consent = $"{Customers}/{id}/consent";

        var noted = await Ask(ada, "PUT", consent, JsonNode.Parse("""{"categories":{"marketing":false,"analytics":true}}"""));

        Assert.True(noted.Status == 200, noted.Text);
        Assert.False((bool)noted.Json["categories"]!["marketing"]!["given"]!);
        var read = await Ask(bob, "GET", consent);
        Assert.Equal((200, true, false), (read.Status, (bool)read.Json["categories"]!["analytics"]!["given"]!, (bool)read.Json["purposes"]!["marketing"]!));
        Assert.Equal(403, (await Ask(bob, "PUT", consent, JsonNode.Parse("""{"categories":{"marketing":true}}"""))).Status);
        Assert.Equal(400, (await Ask(ada, "PUT", consent, JsonNode.Parse("""{"categories":{"marketing":"yes"}}"""))).Status);
        Assert.Equal(404, (await Ask(ada, "PUT", $"{Customers}/u:nobody-at-all/consent", JsonNode.Parse("""{"categories":{"marketing":true}}"""))).Status);
        Assert.False((bool)(await Ask(ada, "GET", $"{Customers}/{id}")).Json["profile"]!["consent"]!["categories"]!["marketing"]!["given"]!);

        // It says who noted it, once for each time that it was noted.
        Assert.Equal(1, await crm.Database.Ask<long>($"SELECT count(*) FROM audit WHERE kind = 'customer' AND record = '{id}' AND action = 'consent' AND by_whom = '{adaId}'"));
        await Eventually.True(
            async () => (await Ask(ada, "GET", $"{Customers}/{id}/timeline?kinds=event")).Json["items"]!.AsArray().Any(e => (string?)e!["title"] == ConsentEndpoints.EventName),
            "the choice is in the history");
    }

    [Fact]
    public async Task Who_does_not_see_the_profile_does_not_see_consent()
    {
        await Role("consent-blind", """{"customer":{"create":true,"read":"all","edit":"all","hidden":["email"]}}""");
        var (browser, _, _, _) = await crm.NewPerson("consent-blind");
        var id = await Made(browser);

        Assert.Equal(403, (await Ask(browser, "GET", $"{Customers}/{id}/consent")).Status);
        Assert.Equal(403, (await Ask(browser, "PUT", $"{Customers}/{id}/consent", JsonNode.Parse("""{"categories":{"marketing":true}}"""))).Status);
    }

    [Fact]
    public async Task Only_administrators_erase_and_get_a_receipt()
    {
        var (browser, _, _, _) = await crm.NewPerson("sales");
        var id = await Made(browser);

        Assert.Equal(403, (await Ask(browser, "POST", $"{Customers}/{id}/erase", new JsonObject())).Status);
        Assert.Equal(200, (await Ask(browser, "GET", $"{Customers}/{id}")).Status);
        Assert.Equal(400, (await Ask(crm.Administrator, "POST", $"{Customers}/{id}/erase", JsonNode.Parse("""{"reason":7}"""))).Status);
        var erased = await Ask(crm.Administrator, "POST", $"{Customers}/{id}/erase", new JsonObject { ["reason"] = "asked for" });

        Assert.True(erased.Status is 200 or 202, erased.Text);
        await Eventually.True(async () => (await Ask(crm.Administrator, "GET", $"{Customers}/{id}")).Status is 404 or 410, "the person is gone");
        Assert.Equal(1, await crm.Database.Ask<long>($"SELECT count(*) FROM erasure WHERE id = '{erased.Json["id"]}'"));
    }

    [Fact]
    public async Task The_trash_says_who_put_what_into_it()
    {
        await Role("trash-all", """{"company":{"create":true,"read":"all","edit":"all","delete":"all"}}""");
        var (browser, _, id, _) = await crm.NewPerson("trash-all");
        var company = await Ask(browser, "POST", "/api/v1/companies", new JsonObject { ["name"] = "Harbour Ltd" });
        var path = "/api/v1/companies/" + company.Json["id"];
        Assert.Equal(204, (await Ask(crm.Administrator, "DELETE", path)).Status);
        Assert.Equal(200, (await Ask(crm.Administrator, "POST", path + "/restore")).Status);
        Assert.Null((await Ask(browser, "GET", "/api/v1/companies?limit=200")).Json["items"]!.AsArray().Single(c => (string?)c!["id"] == (string?)company.Json["id"])!["deletedBy"]);

        Assert.Equal(204, (await Ask(browser, "DELETE", path)).Status);

        var trashed = (await Ask(browser, "GET", "/api/v1/companies?trash=true&limit=200&sort=-updatedAt")).Json["items"]!.AsArray().Single(c => (string?)c!["id"] == (string?)company.Json["id"])!;
        Assert.Equal(id, (string?)trashed["deletedBy"]!["id"]);
        Assert.NotNull((string?)trashed["deletedBy"]!["name"]);
        var only = (await Ask(browser, "GET", "/api/v1/companies?trash=true&fields=deletedBy&limit=1")).Json["items"]![0]!.AsObject();
        Assert.Equal(["deletedBy", "id"], only.Select(m => m.Key).Order(StringComparer.Ordinal));
    }

    private async Task Role(string id, string rights)
    {
        var made = await Ask(crm.Administrator, "PUT", "/api/v1/roles/" + id, new JsonObject { ["name"] = id, ["rights"] = JsonNode.Parse(rights) });
        Assert.True(made.Status == 200, made.Text);
    }

    private static async Task<string> Made(HttpClient browser)
    {
        var made = await Ask(browser, "POST", Customers, new JsonObject { ["name"] = "Grace Hopper" });
        Assert.True(made.Status == 201, made.Text);
        return (string)made.Json["id"]!;
    }
}
