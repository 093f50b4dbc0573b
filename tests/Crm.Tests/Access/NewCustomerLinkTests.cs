using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Access;

/// <summary>A record may name a customer as soon as its first event is accepted, long before its row is stored; under the rule of access, as later.</summary>
[Collection(PeopleGroup.Name)]
public sealed class NewCustomerLinkTests(PeopleFixture crm)
{
    [Fact]
    public async Task A_customer_is_linked_to_right_after_its_first_event()
    {
        var (sales, _, _, _) = await crm.NewPerson("sales");
        var key = (await new ApiKeys(crm.Database, TimeProvider.System).Create(ApiKeyKind.Server, "links")).Secret;
        var unstored = 0L;
        for (var i = 0; i < 20; i++)
        {
            await Track(key, $"link-{i}");
            var linked = await Link(crm.Administrator, $"u:link-{i}");
            Assert.True(linked.Status == 201, linked.Text);
            Assert.Equal($"u:link-{i}", (string?)linked.Json["customer"]);
            unstored += 1 - await crm.Database.Ask<long>($"SELECT count(*) FROM customer_record WHERE id = 'u:link-{i}'");
        }

        Assert.True(unstored > 0, "rows were there before: this showed nothing");

        // Nobody's customer is not everybody's, and who is not there is not.
        await Track(key, "link-hidden");
        foreach (var (who, id) in ((HttpClient, string)[])[(sales, "u:link-hidden"), (crm.Administrator, "u:link-never"), (crm.Administrator, "email:link@example.com"), (crm.Administrator, "c:never")])
        {
            var refused = await Link(who, id);
            Assert.Equal((id, 422), (id, refused.Status));
            Assert.Contains("you may not see it", refused.Text, StringComparison.Ordinal);
        }
    }

    private static Task<Answer> Link(HttpClient who, string customer) =>
        Ask(who, "POST", "/api/v1/activities", new JsonObject { ["subject"] = "Rang", ["customer"] = customer });

    private async Task Track(string key, string user)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/track", UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Content = new StringContent($$"""{"userId":"{{user}}","event":"Looked"}""", Encoding.UTF8, "application/json");
        using var client = crm.Client();
        using var answer = await client.SendAsync(request);
        Assert.Equal(200, (int)answer.StatusCode);
    }
}
