using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Infrastructure;
using Crm.Live;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>The pages as people have them: an API and a silo as processes of their own, a browser, and records to look at.</summary>
public sealed class WebFixture : IAsyncLifetime
{
    public const string Password = "correct-horse-1";
    public const int Desk = 1280;
    public const int Phone = 360;

    /// <summary>The first account, which the page makes.</summary>
    public const string Administrator = "root";

    private readonly PostgresFixture _postgres = new();
    private readonly Chromium _chromium = new();
    private readonly Dictionary<string, string> _sessions = [];
    private HostProcess? _silo;
    private HostProcess? _api;
    private int _numbers;

    public Uri Address => _api!.Address;

    public Npgsql.NpgsqlDataSource Database => _postgres.Source;

    /// <summary>A key that events are sent with.</summary>
    public string WriteKey { get; private set; } = "";

    /// <summary>A record of each kind, by the kind's name; and where the first account was led to, as <c>first</c>.</summary>
    public IReadOnlyDictionary<string, string> Given { get; private set; } = new Dictionary<string, string>();

    public async Task InitializeAsync()
    {
        await Task.WhenAll(_postgres.InitializeAsync(), _chromium.InitializeAsync());
        WriteKey = (await new ApiKeys(_postgres.Source, TimeProvider.System).Create(ApiKeyKind.Write, "web")).Secret;
        _silo = await HostProcess.Silo(_postgres.ConnectionString);
        _api = await HostProcess.Api(_postgres.ConnectionString, ("CRM_SIGN_INS_PER_MINUTE", "100000"));
        await _api.UntilReady();
        var first = await FirstAccount();
        Given = new Dictionary<string, string>(await WebRecords.Make(this)) { ["first"] = first };
    }

    public async Task DisposeAsync()
    {
        await _chromium.DisposeAsync();
        if (_api is not null) await _api.DisposeAsync();
        if (_silo is not null) await _silo.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>What pages threw and nothing caught, as the API told of it; but what the framework itself says to a browser that is gone.</summary>
    public IReadOnlyList<string> Broken => [.. _api!.Said.Split('\n')
        .Where(l => l.Contains("ErrorBoundary[", StringComparison.Ordinal) || l.Contains("CircuitHost[", StringComparison.Ordinal) || l.Contains("RemoteJSRuntime[", StringComparison.Ordinal))
        .Where(l => !l.Contains("TaskCanceledException: A task was canceled.    at Microsoft.JSInterop.JSRuntime.InvokeAsync", StringComparison.Ordinal))];

    /// <summary>A number that no other test has.</summary>
    public int Next() => Interlocked.Increment(ref _numbers);

    /// <summary>A browser of somebody who is not signed in.</summary>
    public Task<IPage> Visitor(int width = Desk, string language = "en", ColorScheme colours = ColorScheme.Light) => _chromium.Open(width, language, colours, Address);

    /// <summary>A browser of somebody who is signed in.</summary>
    public async Task<IPage> Open(string user = Administrator, int width = Desk, string language = "en", ColorScheme colours = ColorScheme.Light)
    {
        // Of the tests before this one: a page that throws may look well.
        Assert.True(Broken.Count == 0, string.Join('\n', Broken));
        if (!_sessions.TryGetValue(user, out var session)) _sessions[user] = session = await SignIn(user);
        return await _chromium.Open(width, language, colours, Address, Session(session));
    }

    /// <summary>A browser of somebody who has just signed in there, and who is signed in nowhere else by it.</summary>
    public async Task<IPage> OpenApart(string user = Administrator)
    {
        var session = await SignIn(user);
        return await _chromium.Open(Desk, at: Address, cookies: Session(session));
    }

    /// <summary>Somebody new, by that role; the user's name.</summary>
    public async Task<string> Person(string role)
    {
        var name = $"person{Next()}";
        var invited = await Ask("POST", "/api/v1/users", new JsonObject { ["userName"] = name, ["name"] = "王小" + Next() + "明", ["role"] = role });
        using var answer = await _api!.Http.PostAsync(new Uri("/register", UriKind.Relative), Form(("invitation", (string)invited["link"]!), ("password", Password)));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return name;
    }

    /// <summary>What the API answers the first account.</summary>
    public async Task<JsonNode> Ask(string method, string path, JsonNode? body = null)
    {
        if (!_sessions.TryGetValue(Administrator, out var session)) _sessions[Administrator] = session = await SignIn(Administrator);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Headers.Add(PersonHandler.TokenHeader, session);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await _api!.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    /// <summary>Makes a record; its id.</summary>
    public async Task<string> Make(string plural, JsonObject fields) => (string)(await Ask("POST", "/api/v1/" + plural, fields))["id"]!;

    /// <summary>Sends an event as a shop does.</summary>
    public Task Send(string user, string happened, JsonObject? properties = null, string? key = null, DateTimeOffset? at = null)
    {
        var track = new JsonObject { ["userId"] = user, ["event"] = happened, ["properties"] = properties ?? [] };
        if (at is { } time) track["timestamp"] = time.UtcDateTime.ToString("O");
        return Tell("/v1/track", track, key);
    }

    /// <summary>Tells of a person as a shop does.</summary>
    public Task Identify(string user, JsonObject traits) => Tell("/v1/identify", new JsonObject { ["userId"] = user, ["traits"] = traits }, null);

    private async Task Tell(string path, JsonObject told, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = IngestFixture.Basic(key ?? WriteKey);
        request.Content = new StringContent(told.ToJsonString());
        using var answer = await _api!.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    internal async Task KillApi() => await _api!.Kill();

    internal async Task StartApi()
    {
        var dead = _api!;
        _api = await dead.Again();
        await dead.DisposeAsync();
        await _api.UntilReady();
    }

    internal async Task KillSilo() => await _silo!.Kill();

    internal async Task StartSilo()
    {
        var dead = _silo!;
        _silo = await dead.Again();
        await dead.DisposeAsync();
        await _api!.UntilReady();
    }

    private Microsoft.Playwright.Cookie Session(string token) =>
        new() { Name = PersonHandler.Cookie, Value = token, Url = Address.ToString(), HttpOnly = true, SameSite = SameSiteAttribute.Strict };

    // As everybody begins; where it leads to is a test's to judge.
    private async Task<string> FirstAccount()
    {
        var page = await Visitor();
        await page.GotoAsync("/home");
        await page.FillAsync("input[name=username]", Administrator);
        await page.FillAsync("input[name=password]", Password);
        await page.ClickAsync("button[type=submit]");
        await Expect(page.Locator(".shell")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        var led = new Uri(page.Url).AbsolutePath;
        await page.Context.CloseAsync();
        return led;
    }

    private async Task<string> SignIn(string user)
    {
        using var answer = await _api!.Http.PostAsync(new Uri("/login", UriKind.Relative), Form(("username", user), ("password", Password)));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues(PersonHandler.TokenHeader).Single();
    }

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
}

/// <summary>The classes that share one such product.</summary>
[CollectionDefinition(Name)]
public sealed class WebGroup : ICollectionFixture<WebFixture>
{
    public const string Name = "web";
}
