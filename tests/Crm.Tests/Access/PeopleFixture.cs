using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Access;

/// <summary>An API and a silo as they run in production, and people who really sign in.</summary>
public sealed class PeopleFixture : IAsyncLifetime
{
    public const string Password = "battery-staple";

    /// <summary>Wrong passwords that lock an account here: another number than the usual one.</summary>
    public const int WrongPasswords = 3;

    private readonly PostgresFixture _postgres = new();
    private HostProcess? _silo;
    private HostProcess? _api;
    private int _names;

    public Npgsql.NpgsqlDataSource Database => _postgres.Source;

    public string Postgres => _postgres.ConnectionString;

    /// <summary>An administrator's browser.</summary>
    internal HttpClient Administrator { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _silo = await HostProcess.Silo(_postgres.ConnectionString);
        _api = await HostProcess.Api(
            _postgres.ConnectionString, ("CRM_SIGN_INS_PER_MINUTE", "100000"), ("CRM_WRONG_PASSWORDS", $"{WrongPasswords}"), ("CRM_LOCKED_MINUTES", "20"));
        Administrator = Client();
        Assert.Equal(200, (await Form(Administrator, "register", $"username=root&password={Password}")).Status);
        Assert.Equal(200, (await Form(Administrator, "login", $"username=root&password={Password}")).Status);
        await _api.UntilReady();
    }

    public async Task DisposeAsync()
    {
        Administrator?.Dispose();
        if (_api is not null) await _api.DisposeAsync();
        if (_silo is not null) await _silo.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>A client that keeps cookies as a browser does; with a token it presents that.</summary>
    internal HttpClient Client(string? bearer = null, string? session = null)
    {
        var client = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = _api!.Address };
        if (bearer is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", bearer);
        if (session is not null) client.DefaultRequestHeaders.Add(PersonHandler.TokenHeader, session);
        return client;
    }

    /// <summary>Somebody who was invited and signed in: a browser, the session's token, the user's id and name.</summary>
    internal async Task<(HttpClient Browser, string Session, string Id, string Name)> NewPerson(string role, string? team = null)
    {
        var name = "person" + Interlocked.Increment(ref _names).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var invited = await Ask(Administrator, "POST", "/api/v1/users", new JsonObject { ["userName"] = name, ["role"] = role, ["team"] = team });
        Assert.True(invited.Status == 201, invited.Text);
        var browser = Client();
        Assert.Equal(200, (await Form(browser, "register", $"invitation={invited.Json["link"]}&password={Password}")).Status);
        using var request = FormRequest("login", $"username={name}&password={Password}");
        using var signedIn = await browser.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
        return (browser, signedIn.Headers.GetValues(PersonHandler.TokenHeader).Single(), (string)invited.Json["id"]!, name);
    }

    /// <summary>Makes an API token in a browser, and a client that presents it.</summary>
    internal async Task<(HttpClient Client, string Id, string Secret)> NewToken(HttpClient browser, string scope)
    {
        var made = await Ask(browser, "POST", "/api/v1/me/tokens", new JsonObject { ["name"] = "A script", ["scope"] = scope });
        Assert.True(made.Status == 201, made.Text);
        var secret = (string)made.Json["token"]!;
        return (Client(secret), (string)made.Json["id"]!, secret);
    }

    internal static async Task<Answer> Ask(HttpClient client, string method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        return await Send(client, request);
    }

    internal static async Task<Answer> Form(HttpClient client, string path, string form)
    {
        using var request = FormRequest(path, form);
        return await Send(client, request);
    }

    private static HttpRequestMessage FormRequest(string path, string form) =>
        new(HttpMethod.Post, new Uri("/" + path, UriKind.Relative)) { Content = new StringContent(form, null, "application/x-www-form-urlencoded") };

    private static async Task<Answer> Send(HttpClient client, HttpRequestMessage request)
    {
        using var response = await client.SendAsync(request);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    internal sealed record Answer(int Status, string Text)
    {
        public JsonNode Json => JsonNode.Parse(Text)!;
    }
}

/// <summary>The classes that share one such API.</summary>
[CollectionDefinition(Name)]
public sealed class PeopleGroup : ICollectionFixture<PeopleFixture>
{
    public const string Name = "people";
}
