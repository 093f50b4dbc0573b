using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Records;

/// <summary>Changes of many records from a list, by the real API and its rules.</summary>
[Collection(PeopleGroup.Name)]
public sealed class BulkWorkTests(PeopleFixture crm)
{
    [Fact]
    public async Task All_that_a_list_finds_are_changed_and_what_is_refused_is_counted()
    {
        await Ask(crm.Administrator, "PUT", "/api/v1/roles/bulk-own", new JsonObject { ["name"] = "Own", ["rights"] = JsonNode.Parse("""{"company":{"create":true,"read":"all","edit":"own","delete":"own"}}""") });
        var (browser, _, _, _) = await crm.NewPerson("bulk-own");
        var own = await Companies(browser, "bulk-all", 250);
        var others = await Companies(crm.Administrator, "bulk-all", 3);
        using var work = Work(browser);
        var told = 0;
        work.Changed += () => told++;

        await work.Start(RecordKind.Company, BulkChange.Tag("autumn"), Question("bulk-all"));

        Assert.Equal((253, 250, 3, 403, false), (work.Total, work.Done.Count, work.Refused, work.Why!.Status, work.IsBusy));
        Assert.Equal(own.Order(StringComparer.Ordinal), work.Done.Order(StringComparer.Ordinal));
        Assert.True(told >= 2, "It tells of its beginning and its end.");
        Assert.Equal(250, await Count(browser, """tags has "bulk-all" and tags has "autumn" """));
        Assert.DoesNotContain(others, work.Done.Contains);

        await work.Start(RecordKind.Company, BulkChange.Delete, Question("autumn"));
        Assert.Equal((250, 0), (work.Done.Count, work.Refused));
        Assert.Equal(0, await Count(browser, """tags has "autumn" """));
        await work.Start(RecordKind.Company, BulkChange.Restore, [.. work.Done.Select(id => new JsonObject { ["id"] = id })]);
        Assert.Equal(250, await Count(browser, """tags has "autumn" """));
    }

    [Fact]
    public async Task A_tag_is_added_to_what_somebody_changed_meanwhile()
    {
        var id = (await Companies(crm.Administrator, "bulk-raced", 1))[0];
        var seen = (await Ask(crm.Administrator, "GET", "/api/v1/companies/" + id)).Json.AsObject();
        Assert.Equal(200, (await Ask(crm.Administrator, "PATCH", "/api/v1/companies/" + id, JsonNode.Parse("""{"tags":["bulk-raced","new"]}"""))).Status);
        using var work = Work(crm.Administrator);

        await work.Start(RecordKind.Company, BulkChange.Tag("autumn"), [seen]);

        Assert.Single(work.Done);
        Assert.Equal(["autumn", "bulk-raced", "new"], (await Ask(crm.Administrator, "GET", "/api/v1/companies/" + id)).Json["tags"]!.AsArray().Select(t => (string)t!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task It_ends_where_it_is_stopped_and_says_when_a_list_cannot_be_read()
    {
        var ids = await Companies(crm.Administrator, "bulk-stopped", 40);
        using var work = Work(crm.Administrator);
        work.Changed += () =>
        {
            if (work.Done.Count > 0) work.Stop();
        };

        await work.Start(RecordKind.Company, BulkChange.Tag("winter"), [.. ids.Select(id => new JsonObject { ["id"] = id, ["tags"] = new JsonArray("bulk-stopped"), ["recordVersion"] = 1 })]);

        Assert.True(work is { IsStopped: true, IsBusy: false });
        Assert.InRange(work.Done.Count, 1, 39);
        Assert.Equal(work.Done.Count, await Count(crm.Administrator, """tags has "winter" """));

        await work.Start(RecordKind.Company, BulkChange.Delete, "&filter=nonsense");
        Assert.Equal((0, 1, 400), (work.Done.Count, work.Refused, work.Why!.Status));
    }

    private static string Question(string tag) => "&filter=" + Uri.EscapeDataString($"tags has \"{tag}\"");

    private static async Task<long> Count(HttpClient browser, string filter) =>
        (long)(await Ask(browser, "GET", "/api/v1/companies?limit=1&count=true&filter=" + Uri.EscapeDataString(filter))).Json["count"]!;

    private static async Task<string[]> Companies(HttpClient browser, string tag, int count)
    {
        var ids = new List<string>();
        foreach (var some in Enumerable.Range(0, count).Chunk(16))
        {
            var made = await Task.WhenAll(some.Select(n => Ask(browser, "POST", "/api/v1/companies", new JsonObject { ["name"] = $"{tag} {n}", ["tags"] = new JsonArray(tag) })));
            Assert.All(made, m => Assert.Equal(201, m.Status));
            ids.AddRange(made.Select(m => (string)m.Json["id"]!));
        }

        return [.. ids];
    }

    private static BulkWork Work(HttpClient browser) => new(new Api(new Door(browser), new Nobody(), new Nowhere()), TimeProvider.System);

    /// <summary>The API from outside, as whoever the client is.</summary>
    private sealed class Door(HttpClient client) : IApiDoor
    {
        public async Task<ApiAnswer> Ask(ApiRequest request, CancellationToken stop)
        {
            using var sent = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(request.Path, UriKind.Relative));
            if (request.Body is { } body) sent.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            if (request.IfMatch is { } match) sent.Headers.TryAddWithoutValidation("If-Match", match);
            using var answer = await client.SendAsync(sent, stop);
            var text = await answer.Content.ReadAsStringAsync(stop);
            return new ApiAnswer((int)answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
        }
    }

    private sealed class Nobody : AuthenticationStateProvider
    {
        public override Task<AuthenticationState> GetAuthenticationStateAsync() => Task.FromResult(new AuthenticationState(new ClaimsPrincipal()));
    }

    private sealed class Nowhere : NavigationManager;
}
