using System.Diagnostics;
using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Access;

/// <summary>What is done with accounts stands in the audit: who, what, from where, and nothing that opens anything.</summary>
[Collection(PeopleGroup.Name)]
public sealed class AccountAuditTests(PeopleFixture crm)
{
    [Fact]
    public async Task The_life_of_an_account_stands_in_the_audit()
    {
        var root = (string)(await Ask(crm.Administrator, "GET", "/api/v1/me")).Json["id"]!;
        var (browser, session, id, name) = await crm.NewPerson("sales");
        Assert.Equal(401, (await Form(browser, "login", $"username={name}&password=wrong-password-1")).Status);
        var (_, tokenId, secret) = await crm.NewToken(browser, "write");
        Assert.Equal(204, (await Ask(browser, "DELETE", "/api/v1/me/tokens/" + tokenId)).Status);
        Assert.Equal(403, (await Password(browser, "wrong-password-2")).Status);
        Assert.Equal(204, (await Password(browser, PeopleFixture.Password)).Status);
        Assert.Equal(200, (await Ask(crm.Administrator, "PATCH", "/api/v1/users/" + id, new JsonObject { ["role"] = "reader", ["email"] = "p@example.com" })).Status);
        var reset = await Ask(crm.Administrator, "POST", $"/api/v1/users/{id}/reset");
        Assert.Equal(200, reset.Status);
        Assert.Equal(200, (await Ask(crm.Administrator, "PATCH", "/api/v1/users/" + id, new JsonObject { ["enabled"] = false })).Status);
        Assert.Equal(401, (await Form(browser, "login", $"username={name}&password=new-password-3")).Status);

        var lines = await Lines($"kind=user&record={id}");
        Assert.Equal(
            [
                (root, "create"), (root, "invite"), (id, "password"), (id, "sign-in"), ("nobody", "sign-in-failed"), (id, "password-failed"),
                (id, "password"), (root, "edit"), (root, "reset"), (root, "edit"), ("nobody", "sign-in-failed"),
            ],
            lines.Select(l => ((string)l["by"]!, (string)l["action"]!)));
        Assert.All(lines, l => Assert.Equal("127.0.0.0", (string?)l["address"]));
        Assert.Equal(("sales", "reader"), FromTo<string>(lines[7], "role"));
        Assert.Equal(["wrong", "closed"], [(string)lines[4]["changes"]!["reason"]!, (string)lines[^1]["changes"]!["reason"]!]);
        Assert.Equal([(id, "create"), (id, "end")], (await Lines($"kind=token&record={tokenId}")).Select(l => ((string)l["by"]!, (string)l["action"]!)));
        Assert.Contains(await Lines("kind=session"), l => (string?)l["changes"]!["user"] == id && (int)l["changes"]!["count"]! > 0);

        var all = (await Ask(crm.Administrator, "GET", "/api/v1/audit?limit=200")).Text;
        Assert.All((string[])[session, secret, PeopleFixture.Password, "wrong-password", "new-password-3", (string)reset.Json["link"]!], hidden =>
            Assert.DoesNotContain(hidden, all, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_locked_account_is_noted_and_a_name_that_nobody_has_is_not_written_down()
    {
        var (browser, _, id, name) = await crm.NewPerson("sales");
        for (var wrong = 1; wrong < WrongPasswords; wrong++) Assert.Equal(401, (await Form(browser, "login", $"username={name}&password=wrong-horse")).Status);
        Assert.DoesNotContain(await Lines($"kind=user&record={id}"), l => (string?)l["action"] == "lock");
        Assert.Contains("Wait 20 minutes", (await Form(browser, "login", $"username={name}&password=wrong-horse")).Text, StringComparison.Ordinal);
        Assert.Equal(401, (await Form(browser, "login", $"username={name}&password={PeopleFixture.Password}")).Status);
        var lines = await Lines($"kind=user&record={id}");
        Assert.Single(lines, l => (string?)l["action"] == "lock");
        Assert.Equal(["wrong", "wrong", "wrong", "locked"], lines.Where(l => (string?)l["action"] == "sign-in-failed").Select(l => (string)l["changes"]!["reason"]!));

        Assert.Equal(401, (await Form(browser, "login", "username=my-secret-password&password=x")).Status);
        Assert.DoesNotContain("my-secret-password", (await Ask(crm.Administrator, "GET", "/api/v1/audit?kind=user&limit=200")).Text, StringComparison.Ordinal);
        Assert.Contains(await Lines("kind=user&user=nobody"), l => (string?)l["changes"]!["reason"] == "unknown");
    }

    [Fact]
    public async Task What_the_command_line_does_with_people_is_noted_too()
    {
        await Crm("users", "add", "from-afar", "--role", "sales");
        await Crm("users", "block", "from-afar");
        await Crm("users", "reset", "from-afar");
        var id = (await Ask(crm.Administrator, "GET", "/api/v1/users")).Json.AsArray().Single(u => (string?)u!["userName"] == "from-afar")!["id"];
        var lines = await Lines($"kind=user&record={id}");
        Assert.Equal(["create", "invite", "edit", "invite"], lines.Select(l => (string)l["action"]!));
        Assert.All(lines, l => Assert.Equal("command line", (string?)l["by"]));
        Assert.Equal((true, false), FromTo<bool>(lines[2], "enabled"));
    }

    [Fact]
    public async Task Of_one_address_only_so_many_passwords_are_tried_as_the_settings_say()
    {
        await using var api = await HostProcess.Api(crm.Postgres, ("CRM_SIGN_INS_PER_MINUTE", "2"));
        for (var tries = 0; tries < 2; tries++) Assert.Equal(401, (await Form(api.Http, "login", "username=who&password=whatever")).Status);
        Assert.Equal(429, (await Form(api.Http, "login", "username=who&password=whatever")).Status);
        var (code, said) = await HostProcess.RunToEnd("Crm.Api.dll", ("CRM_POSTGRES", crm.Postgres), ("CRM_WRONG_PASSWORDS", "0"));
        Assert.NotEqual(0, code);
        Assert.Contains(said, line => line.Contains("CRM_WRONG_PASSWORDS", StringComparison.Ordinal));
    }

    private static Task<Answer> Password(HttpClient browser, string old) =>
        Ask(browser, "POST", "/api/v1/me/password", new JsonObject { ["oldPassword"] = old, ["password"] = "new-password-3" });

    private static (T From, T To) FromTo<T>(JsonNode line, string field)
    {
        var change = line["changes"]![field]!;
        return (change["from"]!.GetValue<T>(), change["to"]!.GetValue<T>());
    }

    // Oldest first.
    private async Task<JsonNode[]> Lines(string query)
    {
        var answer = await Ask(crm.Administrator, "GET", $"/api/v1/audit?limit=200&{query}");
        Assert.True(answer.Status == 200, answer.Text);
        return [.. answer.Json["data"]!.AsArray().Select(l => l!).Reverse()];
    }

    private async Task Crm(params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "crm.dll"), .. words]) { RedirectStandardOutput = true };
        start.Environment["CRM_POSTGRES"] = crm.Postgres;
        using var process = Process.Start(start)!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
