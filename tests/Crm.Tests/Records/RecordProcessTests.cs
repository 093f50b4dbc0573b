using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Customers;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Records;

/// <summary>Records through the product's own processes, with keys of servers.</summary>
public sealed class RecordProcessTests(SpineFixture crm) : IClassFixture<SpineFixture>
{
    [Fact]
    public async Task A_request_that_comes_again_makes_one_record()
    {
        const string Body = """{"name":"Once","price":{"amount":"5.00","currency":"EUR"}}""";
        var first = await crm.Ask(HttpMethod.Post, "/api/v1/products", Body, ("Idempotency-Key", "make-1"));
        var again = await crm.Ask(HttpMethod.Post, "/api/v1/products", Body, ("Idempotency-Key", "make-1"));

        Assert.Equal((201, 201, first.Text("id")), (first.Status, again.Status, again.Text("id")));
        Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal(422, (await crm.Ask(HttpMethod.Post, "/api/v1/products", """{"name":"Other"}""", ("Idempotency-Key", "make-1"))).Status);

        // The answer was lost with whatever kept it: the record is known by its own id.
        await crm.Database.Do("DELETE FROM idempotent_answer");
        var late = await crm.Ask(HttpMethod.Post, "/api/v1/products", Body, ("Idempotency-Key", "make-1"));
        Assert.Equal((201, first.Text("id")), (late.Status, late.Text("id")));
        Assert.Equal(1, await crm.Database.Ask<long>("SELECT count(*) FROM product WHERE name = 'Once'"));
        Assert.Null(first.Json.TryGetProperty("owner", out _) ? "an owner" : null);
    }

    [Fact]
    public async Task Keys_do_what_their_scopes_say()
    {
        var keys = new ApiKeys(crm.Database, TimeProvider.System);
        var sender = (await keys.Create(new KeyOrder(ApiKeyKind.Server, "sender", "erp", [Scopes.Ingest]))).Secret;
        var reader = (await keys.Create(new KeyOrder(ApiKeyKind.Server, "reader", "erp", [Scopes.Read]))).Secret;
        var page = (await keys.Create(ApiKeyKind.Write, "page")).Secret;
        var admin = (await keys.Create(new KeyOrder(ApiKeyKind.Server, "admin", "erp", [Scopes.Admin]))).Secret;

        var made = await Ask("POST", "/api/v1/companies", """{"name":"From the ERP","externalId":"erp-1"}""", sender);
        var id = (string)JsonNode.Parse(made.Text)!["id"]!;
        Assert.Equal((201, $$"""{"id":"{{id}}"}"""), made);
        Assert.Equal((200, $$"""{"id":"{{id}}"}"""), await Ask("PATCH", "/api/v1/companies/" + id, """{"size":3}""", sender));
        Assert.Equal(404, (await Ask("GET", "/api/v1/companies/" + id, null, sender)).Status);
        Assert.Equal(403, (await Ask("GET", "/api/v1/companies/export?format=csv", null, sender)).Status);
        Assert.Equal(200, (await Ask("GET", "/api/v1/companies/" + id, null, reader)).Status);
        Assert.Equal(200, (await Ask("GET", "/api/v1/companies/export?format=csv", null, reader)).Status);
        Assert.Equal(403, (await Ask("PATCH", "/api/v1/companies/" + id, """{"size":4}""", reader)).Status);
        Assert.Equal(403, (await Ask("POST", "/api/v1/companies", """{"name":"x"}""", reader)).Status);
        Assert.Equal(403, (await Ask("DELETE", "/api/v1/companies/" + id, null, reader)).Status);
        Assert.Equal(403, (await Ask("GET", "/api/v1/companies", null, page)).Status);
        Assert.Equal(401, (await Ask("GET", "/api/v1/companies", null, "sk_wrong")).Status);
        Assert.Equal(403, (await Ask("POST", "/api/v1/fields", """{"kind":"company","name":"a","type":"text"}""", reader)).Status);
        Assert.Equal(201, (await Ask("POST", "/api/v1/fields", """{"kind":"company","name":"a","type":"text"}""", admin)).Status);
        Assert.Equal(200, (await Ask("PATCH", "/api/v1/companies/" + id, """{"custom":{"a":"at once"}}""", admin)).Status);
        Assert.Equal(204, (await Ask("DELETE", "/api/v1/companies/" + id, null, admin)).Status);
    }

    private async Task<(int Status, string Text)> Ask(string method, string path, string? body, string key)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await crm.Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
