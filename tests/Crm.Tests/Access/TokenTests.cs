using System.Text.Json.Nodes;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Access;

/// <summary>API tokens: what they may do, and when they end.</summary>
[Collection(PeopleGroup.Name)]
public sealed class TokenTests(PeopleFixture crm)
{
    [Fact]
    public async Task A_token_does_what_its_scope_and_its_user_may()
    {
        var (browser, _, id, _) = await crm.NewPerson("sales");
        var (read, readId, secret) = await crm.NewToken(browser, "read");
        var (write, _, _) = await crm.NewToken(browser, "write");
        Assert.Equal(id, (string?)(await Ask(read, "GET", "/api/v1/me")).Json["id"]);
        var made = await Ask(write, "POST", "/api/v1/deals", new JsonObject { ["name"] = "By a script" });
        Assert.True(made.Status == 201, made.Text);
        Assert.Equal(id, (string?)made.Json["owner"]);
        var deal = "/api/v1/deals/" + made.Json["id"];
        Assert.Equal(200, (await Ask(read, "GET", deal)).Status);
        foreach (var (method, path) in new[] { ("PATCH", deal), ("DELETE", deal), ("POST", "/api/v1/deals"), ("POST", "/customer") })
        {
            var refused = await Ask(read, method, path, new JsonObject { ["name"] = "Other" });
            Assert.Equal((method, path, 403), (method, path, refused.Status));
            Assert.Contains("only read", refused.Text, StringComparison.Ordinal);
        }

        Assert.Equal(200, (await Ask(write, "PATCH", deal, new JsonObject { ["name"] = "Other" })).Status);
        Assert.Equal(403, (await Ask(write, "DELETE", deal)).Status);
        Assert.Equal(403, (await Ask(write, "GET", "/api/v1/users")).Status);

        // What would outlive it, it cannot do.
        foreach (var (method, path) in new[] { ("GET", "/api/v1/me/tokens"), ("POST", "/api/v1/me/tokens"), ("POST", "/api/v1/me/password"), ("GET", "/api/v1/sessions"), ("POST", "/logout") })
            Assert.Equal((method, path, 403), (method, path, (await Ask(write, method, path)).Status));

        var listed = (await Ask(browser, "GET", "/api/v1/me/tokens")).Json.AsArray();
        Assert.Equal(2, listed.Count);
        var own = listed.Single(t => (string?)t!["id"] == readId)!;
        Assert.NotNull(own["lastUsedAt"]);
        Assert.Equal(secret[..10], (string?)own["prefix"]);
        Assert.StartsWith("pt_", secret, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, listed.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromDays(90), (DateTimeOffset)own["expiresAt"]! - (DateTimeOffset)own["createdAt"]!);
    }

    [Fact]
    public async Task A_refused_token_is_told_which_scope_it_lacks_and_what_to_do()
    {
        var (browser, _, id, _) = await crm.NewPerson("sales");
        var (seller, _, _) = await crm.NewToken(browser, "write");
        var (reads, _, _) = await crm.NewToken(crm.Administrator, "read");
        var (writes, _, _) = await crm.NewToken(crm.Administrator, "write");
        async Task Refused(HttpClient token, string method, string path, string kind, params string[] says)
        {
            var answer = await Ask(token, method, path, method == "GET" ? null : new JsonObject { ["name"] = "x" });
            Assert.Equal((path, 403, "urn:crm:problem:" + kind), (path, answer.Status, (string?)answer.Json["type"]));
            Assert.All(says, word => Assert.Contains(word, (string)answer.Json["detail"]!, StringComparison.Ordinal));
            if (kind != "token-forbidden") Assert.DoesNotContain("assword", answer.Text, StringComparison.Ordinal);
        }

        foreach (var (method, path) in new[]
        {
            ("GET", "/api/v1/users"), ("PATCH", "/api/v1/users/" + id), ("GET", "/api/v1/audit"), ("PATCH", "/api/v1/settings/company"), ("PATCH", "/api/v1/settings/sales"),
            ("POST", "/api/v1/pipelines"), ("POST", "/api/v1/fields"), ("PUT", "/api/v1/quotas"), ("PUT", "/api/v1/lead-rules"), ("PUT", "/api/v1/roles/x"),
        })
            await Refused(writes, method, path, "token-scope", "lacks the scope admin; it has write", "POST /api/v1/me/tokens", "\"scope\": \"admin\"");
        await Refused(reads, "GET", "/api/v1/users", "token-scope", "lacks the scope admin; it has read");
        await Refused(reads, "PATCH", "/api/v1/users/" + id, "token-scope", "lacks the scope admin; it has read");
        await Refused(reads, "POST", "/api/v1/deals", "token-scope", "lacks the scope write; it has read");
        await Refused(seller, "GET", "/api/v1/users", "forbidden", "administrator can change");
        await Refused(seller, "GET", "/api/v1/audit", "forbidden");
        await Refused(writes, "POST", "/api/v1/me/password", "token-forbidden", "POST /login");
        await Refused(reads, "POST", "/api/v1/me/tokens", "token-forbidden", "POST /login");
        await Refused(browser, "GET", "/api/v1/users", "forbidden", "administrator can change");
    }

    [Fact]
    public async Task What_cannot_be_a_token_is_refused_in_words()
    {
        var (browser, _, _, _) = await crm.NewPerson("sales");
        foreach (var wrong in (string[])["""{}""", """{"name":"x","scope":"admin"}""", """{"name":"x","scope":"all"}""", """{"name":"x","days":0}""", """{"name":"x","days":367}""", """{"name":"x","user":"root"}"""])
            Assert.Equal((wrong, 422), (wrong, (await Ask(browser, "POST", "/api/v1/me/tokens", JsonNode.Parse(wrong))).Status));
        var tries = await Task.WhenAll(Enumerable.Range(0, UserToken.MaxPerUser + 5).Select(n =>
            Ask(browser, "POST", "/api/v1/me/tokens", new JsonObject { ["name"] = $"t{n}" })));
        Assert.Equal(UserToken.MaxPerUser, tries.Count(t => t.Status == 201));
        Assert.Equal(5, tries.Count(t => t.Status == 409));
    }

    [Fact]
    public async Task An_administrator_sees_and_ends_tokens_and_administers_by_one()
    {
        var (browser, _, id, _) = await crm.NewPerson("sales");
        var (one, oneId, _) = await crm.NewToken(browser, "read");
        var (other, otherId, _) = await crm.NewToken(browser, "write");
        var (weak, _, _) = await crm.NewToken(crm.Administrator, "write");
        var (admin, _, _) = await crm.NewToken(crm.Administrator, "admin");
        Assert.Equal(403, (await Ask(weak, "GET", $"/api/v1/users/{id}/tokens")).Status);
        var listed = await Ask(admin, "GET", $"/api/v1/users/{id}/tokens");
        Assert.Equal(new[] { oneId, otherId }.Order(), listed.Json.AsArray().Select(t => (string)t!["id"]!).Order());
        Assert.Equal(200, (await Ask(one, "GET", "/api/v1/me")).Status);
        Assert.Equal(204, (await Ask(admin, "DELETE", $"/api/v1/users/{id}/tokens/{oneId}")).Status);
        Assert.Equal(404, (await Ask(admin, "DELETE", $"/api/v1/users/{id}/tokens/{oneId}")).Status);
        Assert.Equal(401, (await Ask(one, "GET", "/api/v1/me")).Status);
        Assert.Equal(200, (await Ask(other, "GET", "/api/v1/me")).Status);
        Assert.Equal(204, (await Ask(admin, "DELETE", $"/api/v1/users/{id}/tokens")).Status);
        Assert.Equal(401, (await Ask(other, "GET", "/api/v1/me")).Status);
        Assert.Equal(404, (await Ask(admin, "GET", "/api/v1/users/nobody/tokens")).Status);
    }

    [Fact]
    public async Task A_token_ends_with_password_account_time_and_its_deletion()
    {
        var (browser, _, id, _) = await crm.NewPerson("sales");
        var (deleted, deletedId, _) = await crm.NewToken(browser, "read");
        Assert.Equal(200, (await Ask(deleted, "GET", "/api/v1/me")).Status);
        Assert.Equal(204, (await Ask(browser, "DELETE", "/api/v1/me/tokens/" + deletedId)).Status);
        Assert.Equal(401, (await Ask(deleted, "GET", "/api/v1/me")).Status);

        var (late, lateId, _) = await crm.NewToken(browser, "read");
        await using (var over = crm.Database.CreateCommand($"update user_token set created_at = created_at - interval '91 days', expires_at = created_at where id = '{lateId}'"))
            await over.ExecuteNonQueryAsync();
        Assert.Equal(401, (await Ask(late, "GET", "/api/v1/me")).Status);

        var (before, _, _) = await crm.NewToken(browser, "write");
        Assert.Equal(200, (await Ask(before, "GET", "/api/v1/me")).Status);
        Assert.Equal(204, (await Ask(browser, "POST", "/api/v1/me/password", new JsonObject { ["oldPassword"] = Password, ["password"] = "other-staple" })).Status);
        Assert.Equal(401, (await Ask(before, "GET", "/api/v1/me")).Status);

        var (last, _, _) = await crm.NewToken(browser, "write");
        Assert.Equal(200, (await Ask(last, "GET", "/api/v1/me")).Status);
        Assert.Equal(200, (await Ask(crm.Administrator, "PATCH", "/api/v1/users/" + id, new JsonObject { ["enabled"] = false })).Status);
        Assert.Equal(401, (await Ask(last, "GET", "/api/v1/me")).Status);
        Assert.Equal(200, (await Ask(crm.Administrator, "PATCH", "/api/v1/users/" + id, new JsonObject { ["enabled"] = true })).Status);
        Assert.Equal(401, (await Ask(last, "GET", "/api/v1/me")).Status);
    }
}
