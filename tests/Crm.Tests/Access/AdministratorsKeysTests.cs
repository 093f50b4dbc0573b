using System.Text.Json.Nodes;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Access;

/// <summary>Sources, keys and plans by people who are signed in: those who administer, and nobody else.</summary>
[Collection(PeopleGroup.Name)]
public sealed class AdministratorsKeysTests(PeopleFixture crm)
{
    private static readonly string[] s_places = ["/api/v1/sources", "/api/v1/keys", "/api/v1/dead-letters?source=own", "/api/v1/demo"];

    [Fact]
    public async Task Who_administers_makes_a_source_and_a_key_that_sends()
    {
        Assert.Equal(201, (await Ask(crm.Administrator, "POST", "/api/v1/sources", new JsonObject { ["id"] = "own", ["name"] = "Own" })).Status);
        var made = await Ask(crm.Administrator, "POST", "/api/v1/sources/own/keys", new JsonObject { ["kind"] = "write", ["name"] = "Page" });
        Assert.Equal(201, made.Status);

        using var page = crm.Client();
        page.DefaultRequestHeaders.Authorization = Clickstream.IngestFixture.Basic((string)made.Json["key"]!);
        Assert.Equal(200, (await Ask(page, "POST", "/v1/track", new JsonObject { ["userId"] = "ada", ["event"] = "Seen" })).Status);
        await Infrastructure.Eventually.True(
            async () => (await Ask(crm.Administrator, "GET", $"/api/v1/keys/{made.Json["id"]}")).Json["lastUsedAt"] is not null, "the first use is noted", TimeSpan.FromSeconds(10));
        foreach (var place in s_places) Assert.Equal((place, 200), (place, (await Ask(crm.Administrator, "GET", place)).Status));
        var line = await Ask(crm.Administrator, "GET", "/api/v1/audit?kind=source");
        Assert.Contains("own", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Others_are_refused_in_words_and_their_tokens_too()
    {
        var (browser, _, _, _) = await crm.NewPerson("manager");
        var (reading, _, _) = await crm.NewToken(crm.Administrator, "write");
        foreach (var place in s_places)
        {
            var refused = await Ask(browser, "GET", place);
            Assert.Equal((place, 403), (place, refused.Status));
            Assert.Contains("Your role may not do that.", refused.Text, StringComparison.Ordinal);
            var narrow = await Ask(reading, "GET", place);
            Assert.Equal((place, 403), (place, narrow.Status));
            Assert.Contains("token-scope", narrow.Text, StringComparison.Ordinal);
            using var nobody = crm.Client();
            Assert.Equal((place, 401), (place, (await Ask(nobody, "GET", place)).Status));
        }
    }
}
