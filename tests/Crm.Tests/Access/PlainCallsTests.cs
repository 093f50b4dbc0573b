using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Access;

/// <summary>
/// People come in, and the plain calls of programs that know no more than forms, on a real silo and API: each step as it would be typed.
/// </summary>
public sealed class PlainCallsTests : IAsyncLifetime
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
    public async Task The_plain_calls_work_as_they_stand()
    {
        using var nobody = Browser();
        Assert.Equal((401, """{"status":"fail"}"""), await Get(nobody, "customer"));
        Assert.Equal((401, """{"status":"fail"}"""), await Post(nobody, "sale", "customer_id=1&product_id=1001&quantity=2"));
        using var user = Browser();
        Assert.Equal((200, """{"status":"success"}"""), await Post(user, "register", "username=user1&password=password1"));
        Assert.Equal((401, """{"status":"fail"}"""), await Post(user, "login", "username=user1&password=password2"));
        Assert.Equal((200, """{"status":"success"}"""), await Post(user, "login", "username=user1&password=password1"));
        Assert.Equal((200, "[]"), await Get(user, "customer"));
        Assert.Equal((200, """{"status":"success"}"""), await Post(user, "customer", "name=张三&phone=13888888888"));
        Assert.Equal((200, """[{"id":1,"name":"张三","phone":"13888888888"}]"""), await Get(user, "customer"));
        Assert.Equal((200, """{"status":"success"}"""), await Post(user, "sale", "customer_id=1&product_id=1001&quantity=2"));
        Assert.Equal((200, """[{"id":1,"customer_id":1,"product_id":1001,"quantity":2}]"""), await Get(user, "sale"));
        Assert.Equal((404, """{"status":"fail"}"""), await Post(user, "sale", "customer_id=2&product_id=1001&quantity=2"));
        Assert.Equal(400, (await Post(user, "sale", "customer_id=1&product_id=1001&quantity=-1")).Status);
        Assert.Equal(400, (await Post(user, "customer", "phone=1")).Status);

        // They are ordinary records; the product that nobody knew is a draft.
        Assert.Equal("张三", (string?)(await Items(user, "customers"))[0]!["name"]);
        Assert.Equal("draft", (string?)(await Items(user, "products")).Single()!["status"]);
        Assert.Equal(2, (int)(await Items(user, "orders")).Single()!["lines"]![0]!["quantity"]!);
        Assert.Equal((200, """{"status":"success"}"""), await Post(user, "logout", ""));
        Assert.Equal(401, (await Get(user, "customer")).Status);
    }

    [Fact]
    public async Task Of_many_who_are_first_one_is_the_administrator_and_others_are_invited()
    {
        var tries = await Task.WhenAll(Enumerable.Range(0, 12).Select(async n =>
        {
            using var one = Browser();
            return (await Post(one, "register", $"username=first{n}&password=correct-horse")).Status;
        }));
        Assert.Equal(1, tries.Count(s => s == 200));
        Assert.All(tries.Where(s => s != 200), s => Assert.Equal(403, s));
        using var administrator = Browser();
        Assert.Equal(200, (await Post(administrator, "login", $"username=first{Array.IndexOf(tries, 200)}&password=correct-horse")).Status);
        var bob = await Invited(administrator, "bob", "sales");
        var ann = await Invited(administrator, "ann", "sales");

        // Each sees what is own, and an administrator all.
        Assert.Equal(200, (await Post(bob, "customer", "name=Of Bob")).Status);
        Assert.Equal(200, (await Post(ann, "customer", "name=Of Ann")).Status);
        Assert.Equal("""[{"id":1,"name":"Of Bob","phone":null}]""", (await Get(bob, "customer")).Body);
        Assert.Equal(["Of Ann"], (await Items(ann, "customers")).Select(c => (string?)c!["name"]));
        Assert.Equal(2, (await Items(administrator, "customers")).Count);
        Assert.Equal(403, (await Get(bob, "api/v1/users")).Status);

        // A right that is taken away is gone at once here, and elsewhere within a second or so.
        var id = (string)JsonNode.Parse((await Get(bob, "api/v1/me")).Body)!["id"]!;
        using (var closed = await administrator.PatchAsJsonAsync(new Uri("/api/v1/users/" + id, UriKind.Relative), new { enabled = false }))
            Assert.Equal(HttpStatusCode.OK, closed.StatusCode);
        Assert.Equal(401, (await Get(bob, "customer")).Status);
        Assert.Equal(200, (await Get(ann, "customer")).Status);
        var own = (string)JsonNode.Parse((await Get(administrator, "api/v1/me")).Body)!["id"]!;
        using var last = await administrator.PatchAsJsonAsync(new Uri("/api/v1/users/" + own, UriKind.Relative), new { role = "reader" });
        Assert.Equal(HttpStatusCode.Conflict, last.StatusCode);
    }

    [Fact]
    public async Task Guessing_and_foreign_pages_come_to_nothing()
    {
        using var user = Browser();
        using (var proxied = Form("register", "username=eve&password=correct-horse"))
        {
            proxied.Headers.Add("X-Forwarded-For", "203.0.113.9");
            Assert.Equal(403, (await Send(user, proxied)).Status);
        }

        Assert.Equal(400, (await Post(user, "register", "username=someone&password=short")).Status);
        Assert.Equal(400, (await Post(user, "register", "username=someone8&password=Someone8")).Status);
        Assert.Equal(200, (await Post(user, "register", "username=ada&password=correct-horse")).Status);
        using var login = await user.SendAsync(Form("login", "username=ADA&password=correct-horse"));
        var cookie = login.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        using (var foreign = Form("customer", "name=Planted"))
        {
            foreign.Headers.Add("Origin", "https://evil.example");
            Assert.Equal(401, (await Send(user, foreign)).Status);
        }

        using var token = new HttpClient { BaseAddress = _api!.Address };
        token.DefaultRequestHeaders.Add("X-Crm-Token", login.Headers.GetValues("X-Crm-Token").Single());
        Assert.Equal((200, "[]"), await Get(token, "customer"));
        for (var wrong = 0; wrong < new SignInLimits().WrongTries; wrong++)
            Assert.Equal(401, (await Post(token, "login", "username=ada&password=wrong-horse")).Status);
        Assert.Equal(401, (await Post(token, "login", "username=ada&password=correct-horse")).Status);
        Assert.Equal(200, (await Get(token, "customer")).Status);
        await using var stored = _postgres.Source.CreateCommand("select password || encode((select hash from user_session limit 1), 'hex') from crm_user");
        var kept = (string)(await stored.ExecuteScalarAsync())!;
        Assert.DoesNotContain("correct-horse", kept, StringComparison.Ordinal);
        Assert.DoesNotContain(token.DefaultRequestHeaders.GetValues("X-Crm-Token").Single(), kept, StringComparison.Ordinal);
    }

    private async Task<HttpClient> Invited(HttpClient administrator, string name, string role)
    {
        using var invited = await administrator.PostAsJsonAsync(new Uri("/api/v1/users", UriKind.Relative), new { userName = name, role });
        var link = (string)JsonNode.Parse(await invited.Content.ReadAsStringAsync())!["link"]!;
        var user = Browser();
        Assert.Equal(200, (await Post(user, "register", $"invitation={link}&password=battery-staple")).Status);
        Assert.Equal(403, (await Post(user, "register", $"invitation={link}&password=battery-staple")).Status);
        Assert.Equal(200, (await Post(user, "login", $"username={name}&password=battery-staple")).Status);
        return user;
    }

    private HttpClient Browser() => new(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = _api!.Address };

    private static HttpRequestMessage Form(string path, string form) =>
        new(HttpMethod.Post, new Uri("/" + path, UriKind.Relative)) { Content = new StringContent(form, null, "application/x-www-form-urlencoded") };

    private static Task<(int Status, string Body)> Post(HttpClient client, string path, string form) => Send(client, Form(path, form));

    private static Task<(int Status, string Body)> Get(HttpClient client, string path) =>
        Send(client, new HttpRequestMessage(HttpMethod.Get, new Uri("/" + path, UriKind.Relative)));

    private static async Task<(int Status, string Body)> Send(HttpClient client, HttpRequestMessage request)
    {
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<JsonArray> Items(HttpClient client, string plural) =>
        JsonNode.Parse((await Get(client, "api/v1/" + plural)).Body)!["items"]!.AsArray();
}
