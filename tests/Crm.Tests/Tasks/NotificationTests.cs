using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Infrastructure;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Tasks;

/// <summary>What people are told, as they read it themselves: signed in, on the real clock.</summary>
[Collection(PeopleGroup.Name)]
public sealed class NotificationTests(PeopleFixture crm)
{
    private const string Path = "/api/v1/me/notifications";

    [Fact]
    public async Task A_reminder_comes_is_read_and_is_its_owners_alone()
    {
        var (browser, _, id, _) = await crm.NewPerson("sales");
        var (other, _, _, _) = await crm.NewPerson("sales");
        var soon = TimeProvider.System.GetUtcNow().AddSeconds(2);
        var task = await Made(browser, new JsonObject { ["subject"] = "Call Ada", ["remindAt"] = ReminderRows.Time(soon) });
        await Told(browser, 1);

        var page = await Page(browser);
        Assert.Equal((1, null), ((int)page["unread"]!, (string?)page["next_cursor"]));
        var told = page["data"]![0]!;
        Assert.Equal(("task.reminder", "Call Ada", "task", task, null), ((string?)told["kind"], (string?)told["title"], (string?)told["record"]!["kind"], (string?)told["record"]!["id"], (string?)told["readAt"]));
        Assert.Equal(ReminderRows.Time(soon), ReminderRows.Time((DateTimeOffset)told["at"]!));
        Assert.True(await crm.Database.Ask<bool>($"SELECT created_at >= at FROM notification WHERE user_id = '{id}'"), "It came before its time.");

        // No text is kept: the task is asked what it is called now.
        Assert.Equal(200, (await Ask(browser, "PATCH", "/api/v1/tasks/" + task, new JsonObject { ["subject"] = "Call Ada Lovelace" })).Status);
        Assert.Equal("Call Ada Lovelace", (string?)(await Page(browser))["data"]![0]!["title"]);
        Assert.DoesNotContain(await Traces.Of(crm.Database, "Call Ada"), f => f.StartsWith("notification", StringComparison.Ordinal));

        var read = $"{Path}/{told["id"]}/read";
        Assert.Empty((await Page(other))["data"]!.AsArray());
        Assert.Equal(404, (await Ask(other, "POST", read)).Status);
        foreach (var none in (string[])["0", "-1", "x", "99999999999999999999"]) Assert.Equal((none, 404), (none, (await Ask(browser, "POST", $"{Path}/{none}/read")).Status));
        Assert.Equal(1, (int)(await Page(browser))["unread"]!);
        Assert.Equal(0, (int)(await Ask(browser, "POST", read)).Json["unread"]!);
        var first = (string?)(await Page(browser))["data"]![0]!["readAt"];
        Assert.NotNull(first);
        Assert.Equal(200, (await Ask(browser, "POST", read)).Status);
        Assert.Equal(first, (string?)(await Page(browser))["data"]![0]!["readAt"]);
        Assert.Empty((await Page(browser, "?unread=true"))["data"]!.AsArray());
    }

    [Fact]
    public async Task Pages_go_from_the_newest_on_and_reading_goes_up_to_what_was_shown()
    {
        var (browser, _, id, _) = await crm.NewPerson("sales");
        await crm.Database.Do($"""
            INSERT INTO notification (user_id, kind, record_kind, record_id, at, created_at)
            SELECT '{id}', 'task.reminder', 'task', 'ta_none' || n, now(), now() FROM generate_series(1, 5) n
            """);
        var ids = new List<long>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await Page(browser, cursor.Length == 0 ? "?limit=2" : "?limit=2&cursor=" + cursor);
            Assert.Equal(5, (int)page["unread"]!);
            Assert.All(page["data"]!.AsArray(), n => Assert.Equal((null, null), ((string?)n!["title"], n["record"]?.ToJsonString())));
            ids.AddRange(page["data"]!.AsArray().Select(n => long.Parse((string)n!["id"]!, System.Globalization.CultureInfo.InvariantCulture)));
            cursor = (string?)page["next_cursor"];
        }

        Assert.Equal(5, ids.Count);
        Assert.Equal(ids.Distinct().OrderDescending(), ids);
        Assert.Equal(2, (int)(await Ask(browser, "POST", Path + "/read", new JsonObject { ["upTo"] = $"{ids[2]}" })).Json["unread"]!);
        var unread = await Page(browser, "?unread=true&limit=1");
        Assert.Equal($"{ids[0]}", (string?)unread["data"]![0]!["id"]);
        Assert.Equal($"{ids[1]}", (string?)(await Page(browser, "?unread=true&limit=1&cursor=" + unread["next_cursor"]))["data"]![0]!["id"]);

        foreach (var wrong in (string[])["?unread=yes", "?limit=0", "?limit=201", "?cursor=!", "?cursor=eA", "?user=x"])
            Assert.Equal((wrong, 400), (wrong, (await Ask(browser, "GET", Path + wrong)).Status));
        foreach (var wrong in (string[])["{}", """{"upTo":7}""", """{"upTo":"x"}""", """{"upTo":"1","all":true}"""])
            Assert.Equal((wrong, 422), (wrong, (await Ask(browser, "POST", Path + "/read", JsonNode.Parse(wrong))).Status));
    }

    [Fact]
    public async Task Who_is_given_a_task_is_told_and_sees_it_no_longer_than_the_task()
    {
        var (ada, _, adaId, _) = await crm.NewPerson("sales");
        var (bob, _, bobId, _) = await crm.NewPerson("sales");
        await Made(ada, new JsonObject { ["subject"] = "My own" });
        await Made(crm.Administrator, new JsonObject { ["subject"] = "Done already", ["owner"] = adaId, ["status"] = "done" });
        var task = await Made(crm.Administrator, new JsonObject { ["subject"] = "Send the offer", ["owner"] = adaId });
        Assert.Equal(200, (await Ask(crm.Administrator, "PATCH", "/api/v1/tasks/" + task, new JsonObject { ["priority"] = "high" })).Status);
        var told = Assert.Single((await Page(ada))["data"]!.AsArray())!;
        Assert.Equal(("task.assigned", "Send the offer"), ((string?)told["kind"], (string?)told["title"]));

        Assert.Equal(200, (await Ask(crm.Administrator, "PATCH", "/api/v1/tasks/" + task, new JsonObject { ["owner"] = bobId })).Status);
        var left = await Page(ada);
        Assert.Equal((1, null, null), ((int)left["unread"]!, (string?)left["data"]![0]!["title"], left["data"]![0]!["record"]?.ToJsonString()));
        Assert.DoesNotContain(task, left.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("Send the offer", (string?)(await Page(bob))["data"]![0]!["title"]);

        Assert.Equal(204, (await Ask(crm.Administrator, "DELETE", "/api/v1/tasks/" + task)).Status);
        Assert.Null((await Page(bob))["data"]![0]!["title"]);
        Assert.Equal(200, (await Ask(crm.Administrator, "POST", $"/api/v1/tasks/{task}/restore")).Status);
        Assert.Single((await Page(bob))["data"]!.AsArray());
        var hidden = JsonNode.Parse("""{"task":{"read":"all","hidden":["subject"]}}""");
        Assert.Equal(200, (await Ask(crm.Administrator, "PUT", "/api/v1/roles/no-subjects", new JsonObject { ["name"] = "No subjects", ["rights"] = hidden })).Status);
        Assert.Equal(200, (await Ask(crm.Administrator, "PATCH", "/api/v1/users/" + bobId, new JsonObject { ["role"] = "no-subjects" })).Status);
        var shown = (await Page(bob))["data"]![0]!;
        Assert.Equal((task, null), ((string?)shown["record"]!["id"], (string?)shown["title"]));
    }

    [Fact]
    public async Task A_key_and_a_handover_give_many_and_tell_nobody_of_each()
    {
        var (heir, _, heirId, _) = await crm.NewPerson("sales");
        var (leaving, _, leavingId, _) = await crm.NewPerson("sales");
        var key = (await new ApiKeys(crm.Database, TimeProvider.System).Create(new KeyOrder(ApiKeyKind.Server, "tests", "office", Scopes.All))).Secret;
        await Made(crm.Client(key), new JsonObject { ["subject"] = "Of an import", ["owner"] = heirId });
        var later = TimeProvider.System.GetUtcNow().AddDays(1);
        var task = await Made(leaving, new JsonObject { ["subject"] = "To be handed over", ["remindAt"] = ReminderRows.Time(later) });
        await Made(crm.Administrator, new JsonObject { ["subject"] = "Just given", ["owner"] = leavingId });
        Assert.Single((await Page(leaving))["data"]!.AsArray());

        Assert.Equal(204, (await Ask(crm.Administrator, "DELETE", $"/api/v1/users/{leavingId}?transferTo={heirId}")).Status);

        Assert.Empty((await Page(heir))["data"]!.AsArray());
        Assert.Equal(0, await crm.Database.Ask<long>($"SELECT count(*) FROM notification WHERE user_id = '{leavingId}'"));
        var soon = new JsonObject { ["remindAt"] = ReminderRows.Time(TimeProvider.System.GetUtcNow()) };
        Assert.Equal(200, (await Ask(crm.Administrator, "PATCH", "/api/v1/tasks/" + task, soon)).Status);
        await Told(heir, 1);
    }

    [Fact]
    public async Task A_token_reads_as_its_user_and_notes_what_was_read_where_it_may_write()
    {
        var (browser, _, id, _) = await crm.NewPerson("sales");
        await Made(crm.Administrator, new JsonObject { ["subject"] = "Given", ["owner"] = id });
        var (read, _, _) = await crm.NewToken(browser, "read");
        var (write, _, _) = await crm.NewToken(browser, "write");
        var told = (string?)(await Page(read))["data"]![0]!["id"];

        Assert.Equal(403, (await Ask(read, "POST", $"{Path}/{told}/read")).Status);
        Assert.Equal(403, (await Ask(read, "POST", Path + "/read", new JsonObject { ["upTo"] = told })).Status);
        Assert.Equal(1, (int)(await Page(write))["unread"]!);
        Assert.Equal(0, (int)(await Ask(write, "POST", $"{Path}/{told}/read")).Json["unread"]!);
        using var nobody = crm.Client();
        Assert.Equal(401, (await Ask(nobody, "GET", Path)).Status);
    }

    private static async Task<JsonNode> Page(HttpClient client, string query = "")
    {
        var page = await Ask(client, "GET", Path + query);
        Assert.True(page.Status == 200, page.Text);
        return page.Json;
    }

    private static Task Told(HttpClient client, int count) => Eventually.True(
        async () => (await Page(client))["data"]!.AsArray().Count(n => (string?)n!["kind"] == "task.reminder") == count, "the reminder comes");

    private static async Task<string> Made(HttpClient client, JsonObject task)
    {
        var made = await Ask(client, "POST", "/api/v1/tasks", task);
        Assert.True(made.Status == 201, made.Text);
        return (string)made.Json["id"]!;
    }
}
