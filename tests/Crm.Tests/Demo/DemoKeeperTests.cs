using System.Net;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Infrastructure;
using Crm.Running;
using Xunit;

namespace Crm.Demo;

/// <summary>The demo shop of a run, opened and erased by who is signed in.</summary>
[Collection(nameof(WholeProduct))]
public sealed class DemoKeeperTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Its_visitors_come_and_go_without_a_trace_while_the_product_runs()
    {
        await using var run = await RunProcess.Start(_folder.Path);
        using var http = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = new Uri($"http://127.0.0.1:{run.Port}") };
        const string Account = "username=root&password=" + PeopleFixture.Password;
        Assert.Equal(200, (await PeopleFixture.Form(http, "register", Account)).Status);
        Assert.Equal(200, (await PeopleFixture.Form(http, "login", Account)).Status);
        await Until(http, "closed");
        var made = await PeopleFixture.Ask(http, "POST", "/api/v1/customers", new JsonObject { ["name"] = "Ada" });
        Assert.True(made.Status == 201, made.Text);

        await Want(http, "open");
        await Until(http, "open");
        await Eventually.True(async () => await Customers(http) > 3, "visitors come", s_patience);
        await Want(http, "erased");
        await Until(http, "erased");

        await Eventually.True(async () => await Customers(http) == 1, "they are gone, and Ada is not", s_patience);
        Assert.Equal(HttpStatusCode.OK, await run.Get("/health/live"));
    }

    private static async Task Want(HttpClient http, string wanted) =>
        Assert.Equal(202, (await PeopleFixture.Ask(http, "PUT", "/api/v1/demo", new JsonObject { ["wanted"] = wanted })).Status);

    private static Task Until(HttpClient http, string state) => Eventually.True(
        async () => await PeopleFixture.Ask(http, "GET", "/api/v1/demo") is { Status: 200 } demo && (string?)demo.Json["state"] == state, $"the demo is {state}", s_patience);

    private static async Task<int> Customers(HttpClient http) =>
        await PeopleFixture.Ask(http, "GET", "/api/v1/customers?limit=1&count=true") is { Status: 200 } listed ? (int)listed.Json["count"]! : -1;
}
