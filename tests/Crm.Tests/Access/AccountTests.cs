using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Access;

/// <summary>Passwords that people change themselves, and <c>crm users</c> beside a running API.</summary>
public sealed class AccountTests : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();
    private HostProcess? _silo;
    private HostProcess? _api;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _silo = await HostProcess.Silo(_postgres.ConnectionString);
        _api = await HostProcess.Api(_postgres.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        if (_api is not null) await _api.DisposeAsync();
        if (_silo is not null) await _silo.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task Ones_own_password_is_changed_by_who_knows_the_old_one()
    {
        using var here = Browser();
        using var elsewhere = Browser();
        using var nobody = Browser();
        Assert.Equal(200, await Post(here, "register", "username=ada-love&password=correct-horse"));
        Assert.Equal(200, await Post(here, "login", "username=ada-love&password=correct-horse"));
        Assert.Equal(200, await Post(elsewhere, "login", "username=ada-love&password=correct-horse"));
        Assert.Equal(401, await Change(nobody, "correct-horse", "battery-staple"));
        Assert.Equal(422, await Change(here, "correct-horse", "short"));
        Assert.Equal(422, await Change(here, "correct-horse", "ADA-LOVE"));
        Assert.Equal(422, await Change(here, null, "battery-staple"));
        Assert.Equal(403, await Change(here, "wrong-horse", "battery-staple"));
        Assert.Equal(200, await Get(elsewhere, "customer"));

        // A link for another password that waits stops working with the change.
        var (_, link) = await Crm("users", "reset", "ADA-LOVE");
        Assert.Equal(204, await Change(here, "correct-horse", "battery-staple"));
        Assert.Equal(403, await Post(elsewhere, "register", $"invitation={link.Trim()}&password=hunter-hunter"));
        Assert.Equal(200, await Get(here, "customer"));
        Assert.Equal(401, await Get(elsewhere, "customer"));
        Assert.Equal(401, await Post(elsewhere, "login", "username=ada-love&password=correct-horse"));
        Assert.Equal(200, await Post(elsewhere, "login", "username=ada-love&password=battery-staple"));

        // Whoever found an open browser cannot guess on: it counts as signing in does.
        for (var wrong = 1; wrong < new SignInLimits().WrongTries; wrong++) Assert.Equal(403, await Change(here, "wrong-horse", "other-password"));
        Assert.Equal(429, await Change(here, "wrong-horse", "other-password"));
        Assert.Equal(429, await Change(here, "battery-staple", "other-password"));
    }

    [Fact]
    public async Task Whoever_has_the_machine_keeps_its_people()
    {
        Assert.Equal(2, (await Crm("users", "add", "bob", "--role", "no-such-role")).Code);
        Assert.Equal(2, (await Crm("users", "add", "b o b", "--role", "sales")).Code);
        var (code, first) = await Crm("users", "setup");
        Assert.Equal(0, code);
        var setup = (await Crm("users", "setup")).Out.Trim();
        using var ada = Browser();
        Assert.Equal(403, await Register(ada, $"setup={first.Trim()}&username=ada&password=correct-horse"));
        Assert.Equal(200, await Register(ada, $"setup={setup}&username=ada&password=correct-horse"));
        Assert.Equal(1, (await Crm("users", "setup")).Code);
        Assert.Equal(200, await Post(ada, "login", "username=ada&password=correct-horse"));
        Assert.Equal(200, await Get(ada, "api/v1/users"));

        var (added, invitation) = await Crm("users", "add", "bob", "--role", "sales");
        Assert.Equal(0, added);
        Assert.Equal(1, (await Crm("users", "add", "BOB", "--role", "sales")).Code);
        Assert.Contains("bob  sales  no team  invited", (await Crm("users", "list")).Out, StringComparison.Ordinal);
        using var bob = Browser();
        Assert.Equal(200, await Post(bob, "register", $"invitation={invitation.Trim()}&password=battery-staple"));
        Assert.Equal(200, await Post(bob, "login", "username=bob&password=battery-staple"));
        Assert.Equal(403, await Get(bob, "api/v1/users"));

        // The only administrator stays; with a second one the first may go, and is out within seconds.
        Assert.Equal(1, (await Crm("users", "block", "ada")).Code);
        Assert.Equal(0, (await Crm("users", "admin", "bob")).Code);
        await Eventually.True(async () => await Get(bob, "api/v1/users") == 200, "bob administers");
        Assert.Equal(0, (await Crm("users", "block", "ada")).Code);
        await Eventually.True(async () => await Get(ada, "api/v1/users") == 401, "ada is out");
        Assert.Equal(401, await Post(ada, "login", "username=ada&password=correct-horse"));
        Assert.Equal(0, (await Crm("users", "unblock", "ada")).Code);
        Assert.Equal(200, await Post(ada, "login", "username=ada&password=correct-horse"));
        Assert.Equal(1, (await Crm("users", "reset", "nobody")).Code);
    }

    private HttpClient Browser() => new(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = _api!.Address };

    private static async Task<int> Change(HttpClient client, string? oldPassword, string password)
    {
        using var answer = await client.PostAsJsonAsync(new Uri("/api/v1/me/password", UriKind.Relative), new { oldPassword, password });
        return (int)answer.StatusCode;
    }

    // As from another machine: behind a proxy nobody passes for this one.
    private static Task<int> Register(HttpClient client, string form) => Post(client, "register", form, "203.0.113.9");

    private static async Task<int> Post(HttpClient client, string path, string form, string? proxied = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/" + path, UriKind.Relative));
        request.Content = new StringContent(form, null, "application/x-www-form-urlencoded");
        if (proxied is not null) request.Headers.Add("X-Forwarded-For", proxied);
        using var answer = await client.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private static async Task<int> Get(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri("/" + path, UriKind.Relative));
        return (int)answer.StatusCode;
    }

    private async Task<(int Code, string Out)> Crm(params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "crm.dll"), .. words]) { RedirectStandardOutput = true };
        start.Environment["CRM_POSTGRES"] = _postgres.ConnectionString;
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said);
    }
}
