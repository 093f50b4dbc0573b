using System.Text.Json.Nodes;
using Crm.Access;
using Xunit;

namespace Crm.Records;

/// <summary>Every kind over HTTP: made, read, changed, put into the trash and out of it.</summary>
[Collection(RecordsGroup.Name)]
public sealed class RecordCrudTests(RecordsFixture crm)
{
    public static TheoryData<string> Kinds => [.. RecordKind.All.Where(k => !k.IsLive).Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_record_lives_from_its_making_to_the_trash_and_back(string name)
    {
        var kind = RecordKind.Named(name)!;
        var path = "/api/v1/" + kind.Plural;
        var id = await crm.Make(kind, """{"tags":["vip"],"source":"test"}""");
        Assert.StartsWith(kind.Prefix, id, StringComparison.Ordinal);

        var read = await crm.Ask("GET", $"{path}/{id}");
        Assert.Equal((200, "1", "\"1.1\"", RecordsFixture.Admin, RecordsFixture.Admin), (read.Status, read["recordVersion"], read.ETag, read["owner"], read["createdBy"]));
        Assert.Equal(304, (await crm.Ask("GET", $"{path}/{id}", headers: ("If-None-Match", "\"1.1\""))).Status);

        var changed = await crm.Ask("PATCH", $"{path}/{id}", """{"source":null,"tags":["vip","new"]}""", headers: ("If-Match", "\"1.7\""));
        Assert.Equal((200, "\"2.2\"", null, 2), (changed.Status, changed.ETag, changed["source"], ((JsonArray)changed.Json["tags"]!).Count));

        Assert.Equal(204, (await crm.Ask("DELETE", $"{path}/{id}")).Status);
        Assert.Equal((404, 404), ((await crm.Ask("GET", $"{path}/{id}")).Status, (await crm.Ask("PATCH", $"{path}/{id}", "{}")).Status));
        Assert.DoesNotContain(id, (await crm.Ask("GET", path + "?limit=200")).Ids);
        Assert.Contains(id, (await crm.Ask("GET", path + "?trash=true&limit=200")).Ids);
        Assert.NotNull((await crm.Ask("GET", $"{path}/{id}?trash=true"))["deletedAt"]);

        var back = await crm.Ask("POST", $"{path}/{id}/restore");
        Assert.Equal((200, null, "4"), (back.Status, back["deletedAt"], back["recordVersion"]));
        Assert.Equal(404, (await crm.Ask("POST", $"{path}/{id}/restore")).Status);
        Assert.Equal(
            ["create", "edit", "delete", "restore"],
            await Column("SELECT action FROM audit WHERE record = '" + id + "' ORDER BY id"));
    }

    [Fact]
    public async Task The_second_of_two_editors_gets_both_versions()
    {
        var id = await crm.Make(RecordKind.Company, """{"name":"Before"}""");
        Assert.Equal(200, (await crm.Ask("PATCH", "/api/v1/companies/" + id, """{"name":"Theirs"}""", headers: ("If-Match", "\"1.1\""))).Status);

        var second = await crm.Ask("PATCH", "/api/v1/companies/" + id, """{"name":"Mine"}""", headers: ("If-Match", "\"1.1\""));

        Assert.Equal((412, "urn:crm:problem:stale"), (second.Status, second.Type));
        Assert.Equal(("Theirs", "2", "Mine"), ((string?)second.Json["current"]!["name"], second.Json["current"]!["recordVersion"]!.ToString(), (string?)second.Json["sent"]!["name"]));
        Assert.Equal(412, (await crm.Ask("DELETE", "/api/v1/companies/" + id, headers: ("If-Match", "\"1.1\""))).Status);
        Assert.Equal(412, (await crm.Ask("PATCH", "/api/v1/companies/" + id, """{"name":"x"}""", headers: ("If-Match", "\"nonsense\""))).Status);
    }

    [Fact]
    public async Task Of_twenty_upserts_at_once_one_makes_the_record()
    {
        var external = "erp / " + crm.NewId() + "?";
        var path = "/api/v1/companies/by-external-id/" + Uri.EscapeDataString(external);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => crm.Ask("PUT", path, $$"""{"name":"Company {{i}}","size":{{i}}}""")));

        Assert.All(answers, a => Assert.True(a.Status is 200 or 201, $"{a.Status} {a.Text}"));
        Assert.Single(answers, a => a.Status == 201);
        Assert.Single(answers.Select(a => a["id"]).Distinct());
        var listed = await crm.Ask("GET", $"/api/v1/companies?count=true&filter={Uri.EscapeDataString($"externalId = \"{external}\"")}");
        Assert.Equal(("1", "20"), (listed["count"], listed.Items[0]!["recordVersion"]!.ToString()));
        var other = await crm.Ask("POST", "/api/v1/companies", $$"""{"name":"Again","externalId":"{{external}}"}""");
        Assert.Equal((409, "urn:crm:problem:taken"), (other.Status, other.Type));
        Assert.Equal(422, (await crm.Ask("PUT", path, """{"name":"x","externalId":"other"}""")).Status);
    }

    [Fact]
    public async Task A_list_sums_money_in_the_base_currency()
    {
        var tag = crm.NewId();
        foreach (var (amount, currency) in ((string, string)[])[("10.25", "USD"), ("0.75", "USD"), ("5.00", "XXX")])
            await crm.Make(RecordKind.Deal, $$$"""{"name":"Summed","tags":["{{{tag}}}"],"amount":{"amount":"{{{amount}}}","currency":"{{{currency}}}"}}""");
        var path = $"/api/v1/deals?limit=1&sum=amount&filter={Uri.EscapeDataString($"tags has \"{tag}\"")}";

        var summed = await crm.Ask("GET", path);

        Assert.Equal(200, summed.Status);
        Assert.Equal("3", summed["count"]);
        Assert.Equal("""{"amount":"11.00","currency":"USD","withoutWorth":1}""", summed.Json["sum"]!.ToJsonString());
        Assert.Equal(400, (await crm.Ask("GET", "/api/v1/deals?sum=name")).Status);
        var blind = crm.NewUser("south", _ => KindRights.Full with { Hidden = ["amount"] });
        Assert.Equal(400, (await crm.Ask("GET", path, user: blind)).Status);
    }

    [Fact]
    public async Task A_link_names_a_record_that_is_there_and_may_be_read()
    {
        var company = await crm.Make(RecordKind.Company, """{"name":"Linked"}""");
        var task = await crm.Make(RecordKind.ToDo, $$"""{"subject":"Call","company":"{{company}}"}""");

        var shown = await crm.Ask("GET", $"/api/v1/tasks/{task}?expand=company,owner&fields=subject");
        Assert.Equal(("Linked", "Admin", "Call", null), (
            (string?)shown.Json["company"]!["name"], (string?)shown.Json["owner"]!["name"], shown["subject"], shown["status"]));

        var missing = await crm.Ask("POST", "/api/v1/tasks", """{"subject":"Call","company":"co_none","lead":"le_none"}""");
        Assert.Equal(422, missing.Status);
        Assert.Contains("co_none", missing["detail"], StringComparison.Ordinal);
        Assert.Contains("le_none", missing["detail"], StringComparison.Ordinal);

        var blind = crm.NewUser("south", kind => kind == RecordKinds.Company ? KindRights.Nothing : KindRights.Full);
        Assert.Equal(422, (await crm.Ask("POST", "/api/v1/tasks", $$"""{"subject":"Call","company":"{{company}}"}""", blind)).Status);
        var bare = await crm.Ask("GET", $"/api/v1/tasks/{task}?expand=company", user: blind);
        Assert.Equal($$"""{"id":"{{company}}"}""", bare.Json["company"]!.ToJsonString());
        Assert.Equal(200, (await crm.Ask("PATCH", "/api/v1/tasks/" + task, $$"""{"subject":"Ring","company":"{{company}}"}""", blind)).Status);
    }

    [Fact]
    public async Task What_is_hidden_of_a_record_is_hidden_where_others_link_to_it()
    {
        var company = await crm.Make(RecordKind.Company, """{"name":"Linked","phone":"北京 1"}""");
        var task = await crm.Make(RecordKind.ToDo, $$"""{"subject":"Call","company":"{{company}}"}""");
        var user = crm.NewUser("south", _ => KindRights.Full with { Hidden = ["phone"] });

        Assert.Contains("北京 1", (await crm.Ask("GET", $"/api/v1/tasks/{task}?expand=company")).Text, StringComparison.Ordinal);
        foreach (var path in (string[])[$"/api/v1/tasks/{task}?expand=company", $"/api/v1/tasks?expand=company&filter=id%20=%20{task}"])
        {
            var shown = await crm.Ask("GET", path, user: user);
            Assert.Contains("Linked", shown.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("北京 1", shown.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Commands_at_once_are_each_done_once()
    {
        var order = await crm.Make(RecordKind.Order, """{"currency":"EUR","lines":[{"price":20,"quantity":1}]}""");

        var paid = await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => crm.Ask("POST", $"/api/v1/orders/{order}/pay", """{"amount":1}""")));

        Assert.Equal(20, paid.Count(p => p.Status == 200));
        Assert.Equal(5, paid.Count(p => p.Status == 409));
        Assert.Equal("20.00", (string?)(await crm.Ask("GET", "/api/v1/orders/" + order)).Json["paid"]!["amount"]);
    }

    [Fact]
    public async Task No_company_stands_above_itself()
    {
        var top = await crm.Make(RecordKind.Company, """{"name":"Top"}""");
        var below = await crm.Make(RecordKind.Company, $$"""{"name":"Below","parent":"{{top}}"}""");

        var wrong = await crm.Ask("PATCH", "/api/v1/companies/" + top, $$"""{"parent":"{{below}}"}""");

        Assert.Equal((422, true), (wrong.Status, wrong["detail"]!.Contains("above itself", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Nobody_makes_or_hands_over_records_beyond_his_reach()
    {
        var seller = crm.NewUser("north", _ => new KindRights { Create = true, Read = RecordScope.Team, Edit = RecordScope.Own });
        var mate = crm.NewUser("north", _ => KindRights.Nothing);
        var id = await crm.Make(RecordKind.Lead, user: seller);
        var read = await crm.Ask("GET", "/api/v1/leads/" + id, user: seller);
        Assert.Equal((seller, "north"), (read["owner"], read["team"]));

        var forOther = await crm.Ask("POST", "/api/v1/leads", $$"""{"name":"x","owner":"{{mate}}"}""", seller);
        var away = await crm.Ask("PATCH", "/api/v1/leads/" + id, $$"""{"owner":"{{mate}}"}""", seller);
        var intoTeam = await crm.Ask("POST", "/api/v1/leads", """{"name":"x","team":"south"}""", seller);

        Assert.All([forOther, away, intoTeam], a => Assert.Equal((403, "urn:crm:problem:outside-reach"), (a.Status, a.Type)));
        Assert.Equal(422, (await crm.Ask("POST", "/api/v1/leads", """{"name":"x","owner":"usr_nobody"}""")).Status);
        var handed = await crm.Ask("PATCH", "/api/v1/leads/" + id, $$"""{"owner":"{{mate}}"}""");
        Assert.Equal((200, mate, "north"), (handed.Status, handed["owner"], handed["team"]));
    }

    private async Task<IReadOnlyList<string>> Column(string sql)
    {
        await using var command = crm.Database.CreateCommand(sql);
        await using var rows = await command.ExecuteReaderAsync();
        var all = new List<string>();
        while (await rows.ReadAsync()) all.Add(rows.GetString(0));
        return all;
    }
}
