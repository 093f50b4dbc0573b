using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Records;

/// <summary>Messages that were sent or received elsewhere, and are logged.</summary>
[Collection(RecordsGroup.Name)]
public sealed class MessageTests(RecordsFixture crm)
{
    private const string Path = "/api/v1/activities";

    [Fact]
    public async Task A_mail_is_logged_with_all_that_people_look_for()
    {
        var made = await Log("""
            {"type":"message","direction":"in","channel":"email","subject":"报价","from":"Ada Wong <ada@acme.example>","to":["sales@example.org","王 <w@example.org>"],"cc":["boss@example.org"],
             "at":"2026-05-01T10:00:00Z","body":"We take it.","html":"<p onclick=x>We <b>take</b> it.<script>alert(1)</script><img src='https://t.example/x.gif'></p>"}
            """);
        Assert.Equal("<p>We <b>take</b> it.<img data-src=\"https://t.example/x.gif\"></p>", made["html"]);
        var read = await crm.Ask("GET", $"{Path}/{made["id"]}");
        Assert.Equal(("in", "email", "Ada Wong <ada@acme.example>", "We take it.", made["html"]), (read["direction"], read["channel"], read["from"], read["body"], read["html"]));
        Assert.Equal(["sales@example.org", "王 <w@example.org>"], read.Json["to"]!.AsArray().Select(t => (string)t!));

        // Given back as it was, it is the same; a new one is made harmless like the first.
        var same = await crm.Ask("PATCH", $"{Path}/{made["id"]}", new JsonObject { ["html"] = read["html"] }.ToJsonString());
        Assert.Equal((200, "1"), (same.Status, same["recordVersion"]));
        var changed = await crm.Ask("PATCH", $"{Path}/{made["id"]}", """{"html":"<a href='javascript:alert(1)'>go</a>"}""");
        Assert.Equal(("<a>go</a>", "2"), (changed["html"], changed["recordVersion"]));
        Assert.Null((await crm.Ask("PATCH", $"{Path}/{made["id"]}", """{"html":null}""")).Json["html"]);
        Assert.Equal(1, await crm.Database.Ask<long>($"SELECT count(*) FROM activity WHERE id = '{made["id"]}' AND apart IS NULL"));
    }

    [Fact]
    public async Task Its_html_is_of_one_record_alone()
    {
        var source = "m" + crm.NewId();
        var made = await Log($$"""{"type":"message","source":"{{source}}","subject":"Seldom","html":"<p>apart</p>"}""");
        Assert.Equal("apart", made["body"]);
        foreach (var door in (string[])[$"?filter=source%20=%20{source}", $"/export?format=csv&filter=source%20=%20{source}", $"/export?format=ndjson&filter=source%20=%20{source}"])
        {
            var shown = await crm.Ask("GET", Path + door);
            Assert.Contains((string)made["id"]!, shown.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("html", shown.Text, StringComparison.Ordinal);
        }

        foreach (var query in (string[])["?fields=html", "?sort=html", "?filter=html%20~%20x", "?filter=html%20is%20empty", "/export?format=csv&fields=subject,html"])
            Assert.Equal((query, 400), (query, (await crm.Ask("GET", Path + query)).Status));
        var only = await crm.Ask("GET", $"{Path}/{made["id"]}?fields=html");
        Assert.Equal(("<p>apart</p>", null), (only["html"], only["subject"]));
        var blind = crm.NewUser("north", _ => KindRights.Full with { Hidden = ["html"] });
        Assert.Null((await crm.Ask("GET", $"{Path}/{made["id"]}", user: blind))["html"]);
        Assert.Equal(422, (await crm.Ask("PATCH", $"{Path}/{made["id"]}", """{"html":"x"}""", blind)).Status);
    }

    [Fact]
    public async Task Lists_find_messages_by_what_they_are()
    {
        var source = "m" + crm.NewId();
        var mail = await Log($$"""{"type":"message","source":"{{source}}","direction":"out","channel":"email","from":"Sales@example.org","to":["ada@acme.example"],"subject":"a"}""");
        var call = await Log($$"""{"type":"call","source":"{{source}}","direction":"in","subject":"b"}""");
        var note = await Log($$"""{"source":"{{source}}","subject":"c"}""");
        foreach (var (filter, found) in new (string, string?[])[]
        {
            ("channel = email", [mail["id"]]), ("direction in (\"in\", out)", [mail["id"], call["id"]]), ("from = \"sales@EXAMPLE.org\"", [mail["id"]]),
            ("from ~ \"example\"", [mail["id"]]), ("to has \"ada@acme.example\"", [mail["id"]]), ("channel is empty", [call["id"], note["id"]]), ("cc is empty and to is empty", [call["id"], note["id"]]),
        })
        {
            var listed = await crm.Ask("GET", $"{Path}?sort=createdAt&filter={Uri.EscapeDataString($"source = {source} and ({filter})")}");
            Assert.Equal((filter, string.Join(' ', found)), (filter, string.Join(' ', listed.Ids)));
        }

        var sorted = await crm.Ask("GET", $"{Path}?sort=-channel&filter=source%20=%20{source}&limit=1");
        Assert.Equal(mail["id"], sorted.Ids.Single());
        Assert.Equal(2, (await crm.Ask("GET", $"{Path}?sort=-channel&filter=source%20=%20{source}&cursor={Uri.EscapeDataString(sorted["next"]!)}")).Ids.Count());
    }

    [Theory]
    [InlineData("""{"type":"note","subject":"a","channel":"email"}""", "channel")]
    [InlineData("""{"type":"meeting","subject":"a","direction":"in"}""", "direction")]
    [InlineData("""{"type":"call","subject":"a","html":"<p>x</p>"}""", "html")]
    [InlineData("""{"type":"message","subject":"a","channel":"pigeon"}""", "channel")]
    [InlineData("""{"type":"message","subject":"a","direction":"up"}""", "direction")]
    [InlineData("""{"type":"message","subject":"a","to":"ada@acme.example"}""", "to")]
    [InlineData("""{"type":"message","subject":"a","html":{"p":1}}""", "html")]
    [InlineData("""{"type":"message"}""", "subject")]
    public async Task What_is_no_message_is_refused_in_words(string body, string field)
    {
        var refused = await crm.Ask("POST", Path, body);
        Assert.Equal(422, refused.Status);
        Assert.NotNull(refused.Json["errors"]![field]);
    }

    [Fact]
    public async Task Bounds_are_told_and_what_is_within_them_is_kept_and_told_to_the_audit_by_its_hash()
    {
        foreach (var (field, value) in new (string, JsonNode)[]
        {
            ("subject", new string('x', 501)), ("body", new string('x', 100_001)), ("html", new string('x', 200_001)), ("html", string.Concat(Enumerable.Repeat("<b>", 20_000))),
            ("from", new string('x', 321)), ("to", new JsonArray([.. Enumerable.Range(0, 101).Select(n => (JsonNode)$"a{n}@example.org")])),
        })
        {
            var refused = await crm.Ask("POST", Path, new JsonObject { ["type"] = "message", ["subject"] = "a", [field] = value }.ToJsonString());
            Assert.Equal((field, 422), (field, refused.Status));
            Assert.NotNull(refused.Json["errors"]![field]);
        }

        // Escaped, as some programs write it: six characters for each.
        var (body, html) = (new string('报', 100_000), "<p>" + new string('价', 199_000) + "</p>");
        var made = await Log(new JsonObject { ["type"] = "message", ["subject"] = "Long", ["body"] = body, ["html"] = html }.ToJsonString());
        var read = await crm.Ask("GET", $"{Path}/{made["id"]}");
        Assert.Equal((body, html), (read["body"], read["html"]));
        Assert.Equal(
            "100000 199007",
            await crm.Database.Ask<string>($"SELECT concat_ws(' ', changes -> 'body' -> 1 ->> 'length', changes -> 'html' -> 1 ->> 'length') FROM audit WHERE record = '{made["id"]}'"));
        var again = await crm.Ask("PATCH", $"{Path}/{made["id"]}", """{"subject":"Still long"}""");
        Assert.Equal((200, html), (again.Status, again["html"]));

        var tooLong = await crm.Ask("POST", Path, new JsonObject { ["type"] = "message", ["subject"] = "a", ["description"] = new string('x', 2 << 20) }.ToJsonString());
        Assert.Equal(400, tooLong.Status);
        Assert.Contains("2048 KB", tooLong["detail"], StringComparison.Ordinal);
        Assert.Contains("128 KB", (await crm.Ask("POST", "/api/v1/tasks", new JsonObject { ["subject"] = new string('x', 200_000) }.ToJsonString()))["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_long_messages_is_shorter_and_goes_on()
    {
        var source = "m" + crm.NewId();
        var body = new JsonObject { ["type"] = "message", ["source"] = source, ["body"] = new string('x', 100_000) }.ToJsonString();
        for (var n = 0; n < 45; n++) await Log(body);
        var seen = new List<string>();
        var cursor = "";
        var pages = 0;
        do
        {
            var page = await crm.Ask("GET", $"{Path}?limit=200&filter=source%20=%20{source}{cursor}");
            Assert.InRange(page.Text.Length, 1, RecordLists.MaxChars + 150_000);
            seen.AddRange(page.Ids);
            cursor = page["next"] is { } next ? "&cursor=" + Uri.EscapeDataString(next) : "";
            pages++;
        }
        while (cursor.Length > 0);
        Assert.Equal((45, 45, 2), (seen.Count, seen.Distinct().Count(), pages));
        var exported = await crm.Ask("GET", $"{Path}/export?format=ndjson&fields=id&filter=source%20=%20{source}");
        Assert.Equal(45, exported.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task The_same_mail_logged_twice_is_one_however_it_is_named()
    {
        var id = $"<{new string('a', 300)}+{crm.NewId()}/x@mail.acme.example>";
        var path = $"{Path}/by-external-id/{Uri.EscapeDataString(id)}";
        var body = """{"type":"message","channel":"email","direction":"in","subject":"Once","html":"<p>Once</p>"}""";
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => crm.Ask("PUT", path, body)));
        Assert.All(answers, a => Assert.True(a.Status is 200 or 201, a.Text));
        Assert.Equal((1, 1), (answers.Count(a => a.Status == 201), answers.Select(a => a["id"]).Distinct().Count()));
        Assert.Equal(("1", "Once"), (answers[0]["recordVersion"], answers[0]["body"]));
        var posted = await crm.Ask("POST", Path, new JsonObject { ["type"] = "message", ["subject"] = "Twice", ["externalId"] = id }.ToJsonString());
        Assert.Equal((409, "urn:crm:problem:taken"), (posted.Status, posted.Type));
        Assert.Equal(400, (await crm.Ask("PUT", $"{Path}/by-external-id/{new string('x', 501)}", body)).Status);
    }

    [Fact]
    public async Task Messages_of_before_read_as_they_were_and_forget_all_that_names_people()
    {
        var old = "ac_old" + crm.NewId();
        await crm.Database.Do($$"""
            INSERT INTO activity (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause)
            VALUES ('{{old}}', 1, 1, 1, '{"type":"message","subject":"Old","body":"As it was","at":"2025-01-01T00:00:00.000Z"}', now(), now(), 'usr_admin', gen_random_uuid())
            """);
        var read = await crm.Ask("GET", $"{Path}/{old}");
        Assert.Equal((200, "As it was", null), (read.Status, read["body"], read["html"]));
        var changed = await crm.Ask("PATCH", $"{Path}/{old}", """{"direction":"in","from":"secret@example.org","to":["secret@example.org"],"cc":["secret@example.org"],"html":"<p>secret</p>"}""");
        Assert.True(changed.Status == 200, changed.Text);

        Assert.Equal(RecordRefusal.None, (await crm.Grains.Record(RecordKinds.Activity, old).Do("forget", "{}", null, new ChangeCause("crm", null, Guid.NewGuid()))).Refusal);
        Assert.Equal(
            0, await crm.Database.Ask<long>($"SELECT count(*) FROM activity WHERE id = '{old}' AND (state::text LIKE '%secret%' OR state::text LIKE '%As it was%' OR apart IS NOT NULL)"));
        Assert.Equal(("Erased", "in", null), ((await crm.Ask("GET", $"{Path}/{old}"))["subject"], (await crm.Ask("GET", $"{Path}/{old}"))["direction"], (await crm.Ask("GET", $"{Path}/{old}"))["html"]));
    }

    [Fact]
    public async Task A_timeline_shows_the_beginning_of_a_long_message()
    {
        var company = await crm.Make(RecordKind.Company);
        await Log(new JsonObject { ["type"] = "message", ["direction"] = "in", ["channel"] = "email", ["from"] = "ada@acme.example", ["company"] = company, ["subject"] = "Long", ["body"] = "begin " + new string('x', 90_000) + " end", ["html"] = "<p>x</p>" }.ToJsonString());
        var entry = (await crm.Ask("GET", $"/api/v1/companies/{company}/timeline?kinds=activity")).Items.Single()!;
        Assert.Equal(("in", "email", "ada@acme.example", "Long"), ((string?)entry["direction"], (string?)entry["channel"], (string?)entry["from"], (string?)entry["title"]));
        Assert.StartsWith("begin x", (string)entry["body"]!, StringComparison.Ordinal);
        Assert.InRange(((string)entry["body"]!).Length, 400, 501);
    }

    private async Task<RecordsFixture.Answer> Log(string body)
    {
        var made = await crm.Ask("POST", Path, body);
        Assert.True(made.Status == 201, made.Text);
        return made;
    }
}
