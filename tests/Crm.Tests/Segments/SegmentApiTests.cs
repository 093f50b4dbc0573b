using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Deals;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Segments;

/// <summary>Segments over the real API, a silo and a database.</summary>
public sealed class SegmentApiTests(DealsFixture crm) : SegmentApi(crm), IClassFixture<DealsFixture>
{
    [Fact]
    public async Task Who_belongs_is_answered_by_the_next_read_and_listed_soon()
    {
        var (id, shoes) = await Make("count(\"Product Viewed\" where category = \"Shoes\" in last 7d) >= 2");
        var user = NewUser();
        await View(user, "Shoes");
        await View(user, "Hats");
        Assert.DoesNotContain(id, await Segments(user));
        var position = await View(user, "shoes");
        Assert.Contains(id, await Segments(user, position));
        Assert.Equal(shoes, (string)(await Ask("GET", $"/api/v1/segments/{id}")).Json["name"]!);

        await Eventually.True(async () => (await Members(id)).SequenceEqual(["u:" + user]), "it is listed");
        Assert.Equal(1, (long)(await Ask("GET", $"/api/v1/segments/{id}/count")).Json["count"]!);
        var listed = await Ask("GET", "/api/v1/customers?filter=" + Uri.EscapeDataString($"segments has \"{id}\""));
        var one = Assert.Single(listed.Json["items"]!.AsArray())!;
        Assert.Equal("u:" + user, (string)one["id"]!);
        Assert.Contains(id, one["segments"]!.AsArray().Select(s => (string)s!));
        Assert.DoesNotContain((await Ask("GET", "/api/v1/customers?filter=" + Uri.EscapeDataString($"not segments has \"{id}\""))).Json["items"]!.AsArray(), c => (string)c!["id"]! == "u:" + user);
        var history = (await Ask("GET", $"/api/v1/segments/{id}/history")).Json["data"]!.AsArray();
        Assert.Equal([true], history.Where(h => (string)h!["customer"]! == "u:" + user).Select(h => (bool)h!["entered"]!));
    }

    [Fact]
    public async Task Time_alone_takes_somebody_out()
    {
        var (id, _) = await Make("count(\"Product Viewed\" in last 1m) >= 1");
        var user = NewUser();
        var position = await View(user, "Shoes", DateTimeOffset.UtcNow.AddSeconds(-54));
        Assert.Contains(id, await Segments(user, position));
        await Eventually.True(async () => (await Members(id)).Contains("u:" + user), "it is listed");

        // Nobody asks for it: the rows alone are looked at.
        await Eventually.True(async () => !(await Members(id)).Contains("u:" + user), "it is out");
        var left = await Fixture.Database.Ask<DateTime>($"SELECT at FROM segment_change WHERE segment = '{id}' AND customer = 'u:{user}' AND NOT entered");
        var due = await Fixture.Database.Ask<DateTime>($"SELECT at FROM segment_change WHERE segment = '{id}' AND customer = 'u:{user}' AND entered");
        Assert.InRange((left - due).TotalSeconds, 2, 12);
        Assert.DoesNotContain(id, await Segments(user));
    }

    [Fact]
    public async Task A_new_definition_finds_who_was_there_before_and_another_one_takes_them_out_again()
    {
        var users = Enumerable.Range(0, 12).Select(_ => NewUser()).ToArray();
        var category = "Kettles" + Guid.NewGuid().ToString("N")[..6];
        for (var at = 0; at < users.Length; at++)
            for (var times = 0; times <= at % 3; times++) await View(users[at], category);
        await Projected();

        var (id, _) = await Make($"count(\"Product Viewed\" where category = \"{category}\") >= 2");
        await Filled();
        Assert.Equal(users.Where((_, at) => at % 3 >= 1).Select(u => "u:" + u).Order(), (await Members(id)).Order());

        var changed = await Ask("PATCH", $"/api/v1/segments/{id}", new JsonObject { ["definition"] = $"count(\"Product Viewed\" where category = \"{category}\") >= 3" }.ToJsonString());
        Assert.Equal((200, 2), (changed.Status, (int)changed.Json["version"]!));
        await Filled();
        Assert.Equal(users.Where((_, at) => at % 3 == 2).Select(u => "u:" + u).Order(), (await Members(id)).Order());
        Assert.Equal([2, 1], (await Ask("GET", $"/api/v1/segments/{id}/versions")).Json["items"]!.AsArray().Select(v => (int)v!["version"]!));

        // What was seen of a customer before counts with what comes.
        var two = users[1];
        Assert.Contains(id, await Segments(two, await View(two, category)));

        Assert.Equal(204, (await Ask("DELETE", $"/api/v1/segments/{id}")).Status);
        await Filled();
        Assert.DoesNotContain(id, await Segments(two));
        Assert.Equal(0, await Fixture.Database.Ask<long>($"SELECT count(*) FROM segment_member WHERE segment = '{id}'"));
        Assert.Equal(0, await Fixture.Database.Ask<long>($"SELECT coalesce(sum(members), 0)::bigint FROM segment_count WHERE segment = '{id}'"));
    }

    [Fact]
    public async Task The_work_on_everybody_can_wait()
    {
        Assert.True((bool)(await Ask("PATCH", "/api/v1/segments/backfill", """{"paused":true}""")).Json["paused"]!);
        var user = NewUser();
        await View(user, "Pausing");
        await Projected();
        var (id, _) = await Make("count(\"Product Viewed\" where category = \"Pausing\") >= 1");
        var state = (await Ask("GET", "/api/v1/segments/backfill")).Json;
        Assert.Equal((true, false), ((bool)state["paused"]!, (bool)state["ended"]!));
        Assert.Empty(await Members(id));
        await Ask("PATCH", "/api/v1/segments/backfill", """{"paused":false}""");
        await Filled();
        Assert.Equal(["u:" + user], await Members(id));
    }

    [Fact]
    public async Task What_cannot_be_is_said_in_words()
    {
        var (id, name) = await Make("orders >= 1");
        foreach (var (definition, word) in new[] { ("count(\"A\" in last 4000d) >= 1", "1098 days"), ("nothing = 1", "nothing"), ("count(\"A\" in last 7d) >= 300", "256"), ("segments has \"sg_none\"", "segment") })
        {
            var answer = await Ask("POST", "/api/v1/segments", new JsonObject { ["name"] = "N" + Guid.NewGuid(), ["definition"] = definition }.ToJsonString());
            Assert.True(answer.Status == 400 && answer.Text("detail")!.Contains(word, StringComparison.OrdinalIgnoreCase), $"{definition}: {answer.Status} {answer.Text("detail")}");
        }

        Assert.Equal(409, (await Ask("POST", "/api/v1/segments", new JsonObject { ["name"] = name.ToUpperInvariant(), ["definition"] = "orders >= 1" }.ToJsonString())).Status);
        Assert.Equal(422, (await Ask("POST", "/api/v1/segments", """{"name":"","definition":"orders >= 1"}""")).Status);
        Assert.Equal(422, (await Ask("POST", "/api/v1/segments", """{"name":"x","rules":"orders >= 1"}""")).Status);
        Assert.Equal(412, (await Ask("PATCH", $"/api/v1/segments/{id}", """{"description":"x"}""", headers: ("If-Match", "\"99\""))).Status);
        Assert.Equal(404, (await Ask("GET", "/api/v1/segments/sg_none")).Status);

        // Whoever names another one holds it.
        var (other, _) = await Make($"segments has \"{id}\" and events > 5");
        Assert.Equal(409, (await Ask("DELETE", $"/api/v1/segments/{id}")).Status);
        var round = await Ask("PATCH", $"/api/v1/segments/{id}", new JsonObject { ["definition"] = $"segments has \"{other}\"" }.ToJsonString());
        Assert.Equal(400, round.Status);
        Assert.Equal(204, (await Ask("DELETE", $"/api/v1/segments/{other}")).Status);
        Assert.Equal(204, (await Ask("DELETE", $"/api/v1/segments/{id}")).Status);

        // A key that only reads customers' events changes nothing.
        var reader = await Fixture.Key([Scopes.Read]);
        Assert.Equal(403, (await Ask("POST", "/api/v1/segments", """{"name":"x","definition":"orders >= 1"}""", key: reader)).Status);
    }

    [Fact]
    public async Task A_definition_is_written_both_ways()
    {
        var checkedText = await Ask("POST", "/api/v1/segments/check", """{"definition":"ORDERS >= 2 and not count('A' in last 7d)>=1"}""");
        Assert.Equal(400, checkedText.Status);
        checkedText = await Ask("POST", "/api/v1/segments/check", """{"definition":"orders >= 2 and not count('A' in last 7d)>=1"}""");
        Assert.Equal(200, checkedText.Status);
        var back = await Ask("POST", "/api/v1/segments/check", new JsonObject { ["filter"] = checkedText.Json["filter"]!.DeepClone() }.ToJsonString());
        Assert.Equal((string)checkedText.Json["definition"]!, (string)back.Json["definition"]!);
        var wrong = await Ask("POST", "/api/v1/segments/check", """{"definition":"orders >= "}""");
        Assert.Equal(10, (int)wrong.Json["at"]!);
    }

    [Fact]
    public async Task Why_somebody_belongs_is_said_with_the_events_that_make_it_so()
    {
        var (id, _) = await Make("count(\"Product Viewed\" where category = \"Lamps\" in last 7d) >= 2 and orders = 0");
        var user = NewUser();
        await View(user, "Lamps", DateTimeOffset.UtcNow.AddHours(-3));
        await View(user, "Chairs");
        await Segments(user, await View(user, "Lamps"));
        var why = (await Ask("GET", $"/api/v1/segments/{id}/members/u:{user}")).Json;
        Assert.True((bool)why["isMember"]! && (bool)why["isWhole"]!);
        var conditions = why["conditions"]!.AsArray();
        Assert.Equal(["count(\"Product Viewed\" where category = \"Lamps\" in last 7d) >= 2", "orders = 0"], conditions.Select(c => (string)c!["condition"]!));
        Assert.Equal(2, conditions[0]!["events"]!.AsArray().Count);
        Assert.InRange((DateTimeOffset)conditions[0]!["until"]!, DateTimeOffset.UtcNow.AddDays(7).AddHours(-4), DateTimeOffset.UtcNow.AddDays(7).AddHours(-2));
        Assert.Empty(conditions[1]!["events"]!.AsArray());

        // Also of one who is not in it.
        var other = NewUser();
        await Segments(other, await View(other, "Lamps"));
        why = (await Ask("GET", $"/api/v1/segments/{id}/members/u:{other}")).Json;
        Assert.Equal((false, false, true), ((bool)why["isMember"]!, (bool)why["conditions"]![0]!["holds"]!, (bool)why["conditions"]![1]!["holds"]!));
        Assert.Equal(404, (await Ask("GET", $"/api/v1/segments/{id}/members/u:nobody-{Guid.NewGuid():N}")).Status);
    }

    [Fact]
    public async Task A_draft_is_counted_before_it_is_saved()
    {
        var category = "Draft" + Guid.NewGuid().ToString("N")[..6];
        var users = Enumerable.Range(0, 6).Select(_ => NewUser()).ToArray();
        for (var at = 0; at < users.Length; at++)
            for (var times = 0; times <= at % 2; times++) await Segments(users[at], await View(users[at], category));
        await Eventually.True(
            async () => await Fixture.Database.Ask<long>($"SELECT count(*) FROM customer_record WHERE id IN ({string.Join(", ", users.Select(u => $"'u:{u}'"))}) AND first_seen IS NOT NULL") == users.Length, "all are listed");

        var draft = new JsonObject { ["definition"] = $"count(\"Product Viewed\" where category = \"{category}\") >= 2" }.ToJsonString();
        var preview = (await Ask("POST", "/api/v1/segments/preview", draft)).Json;
        Assert.True((bool)preview["isExact"]!);
        Assert.Equal(3, (long)preview["count"]!);
        Assert.Equal(users.Where((_, at) => at % 2 == 1).Select(u => "u:" + u).Order(), preview["members"]!.AsArray().Select(m => (string)m!["id"]!).Order());
        Assert.Equal(400, (await Ask("POST", "/api/v1/segments/preview", """{"definition":"count(\"A\" in last 7d) >= 300"}""")).Status);
    }

    [Fact]
    public async Task A_shop_asks_for_segments_as_for_flags_but_not_for_those_that_are_kept_inside()
    {
        var (category, flag) = ("Flag" + Guid.NewGuid().ToString("N")[..6], "flag-" + Guid.NewGuid().ToString("N")[..6]);
        var definition = $"count(\"Product Viewed\" where category = \"{category}\") >= 1";
        var made = await Ask("POST", "/api/v1/segments", new JsonObject { ["name"] = "Flagged " + flag, ["definition"] = definition, ["flag"] = flag }.ToJsonString());
        Assert.Equal((201, flag), (made.Status, (string)made.Json["flag"]!));
        await Make(definition);
        Assert.Equal(409, (await Ask("POST", "/api/v1/segments", new JsonObject { ["name"] = "Other " + flag, ["definition"] = definition, ["flag"] = flag }.ToJsonString())).Status);
        Assert.Equal(422, (await Ask("POST", "/api/v1/segments", new JsonObject { ["name"] = "Bad " + flag, ["definition"] = definition, ["flag"] = "no blanks" }.ToJsonString())).Status);
        var (user, other) = (NewUser(), NewUser());
        await Segments(user, await View(user, category));
        await Eventually.True(async () => (await Flags(user)).Json["featureFlags"]!.AsObject().ContainsKey(flag), "the flag is known");
        var flags = await Flags(user);
        Assert.True((bool)flags.Json["featureFlags"]![flag]! && (bool)flags.Json["flags"]![flag]!["enabled"]! && !(bool)flags.Json["errorsWhileComputingFlags"]!);
        Assert.Equal([flag], flags.Json["featureFlags"]!.AsObject().Select(f => f.Key));
        Assert.False((bool)(await Flags(other)).Json["featureFlags"]![flag]!);

        // Ids that were sent as numbers are asked for as numbers.
        var number = Random.Shared.Next(1_000_000_000, int.MaxValue);
        await Segments(number.ToString(CultureInfo.InvariantCulture), await View(number.ToString(CultureInfo.InvariantCulture), category));
        var numbered = await Ask("POST", "/flags/?v=2", new JsonObject { ["token"] = Fixture.AdminKey, ["distinct_id"] = number }.ToJsonString());
        Assert.True((bool)numbered.Json["featureFlags"]![flag]!);
    }

    [Fact]
    public async Task A_program_follows_a_customer_also_when_time_alone_moves_it()
    {
        var (id, _) = await Make("count(\"Product Viewed\" in last 1m) >= 1");
        var user = NewUser();
        await Segments(user, await View(user, "Stream", DateTimeOffset.UtcNow.AddSeconds(-52)));
        using var http = new HttpClient { BaseAddress = new Uri(Fixture.Address) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Fixture.AdminKey);
        using var answer = await http.GetAsync(new Uri($"/v1/live/customers/u:{user}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Contains(id, (await Next(lines))["segments"]!.AsArray().Select(s => (string)s!["id"]!));
        await View(user, "Stream again", DateTimeOffset.UtcNow.AddSeconds(-51));
        var seen = await Next(lines);
        while ((int)seen["counts"]!["byEvent"]!["Product Viewed"]! < 2) seen = await Next(lines);
        while (seen["segments"]!.AsArray().Any(s => (string)s!["id"]! == id)) seen = await Next(lines);
        Assert.Equal(404, (await Ask("GET", $"/v1/live/customers/u:nobody-{Guid.NewGuid():N}")).Status);

        static async Task<JsonNode> Next(StreamReader lines)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            while (true)
                if (await lines.ReadLineAsync(patience.Token) is { } line && line.StartsWith("data: ", StringComparison.Ordinal)) return JsonNode.Parse(line[6..])!;
        }
    }

    [Fact]
    public async Task What_people_write_counts_too()
    {
        var tag = "tag" + Guid.NewGuid().ToString("N")[..6];
        var (id, _) = await Make($"tags has \"{tag}\"");
        var (leads, _) = await Make("lifecycle = lead");
        var user = NewUser();
        var first = await Segments(user, await View(user, "Cards"));
        Assert.DoesNotContain(id, first);
        await Eventually.True(async () => (await Segments(user)).Contains(leads), "somebody with an id is a lead");
        Assert.Equal(200, (await Ask("PATCH", $"/api/v1/customers/u:{user}", new JsonObject { ["tags"] = new JsonArray(tag), ["lifecycle"] = "customer" }.ToJsonString())).Status);
        await Eventually.True(async () => (await Segments(user)) is var now && now.Contains(id) && !now.Contains(leads), "the tag is seen");
        await Eventually.True(async () => (await Members(id)).Contains("u:" + user), "it is listed");
        Assert.Equal(200, (await Ask("PATCH", $"/api/v1/customers/u:{user}", """{"tags":[],"lifecycle":null}""")).Status);
        await Eventually.True(async () => (await Segments(user)) is var now && !now.Contains(id) && now.Contains(leads), "it is gone");

        // Of whom only people wrote.
        var made = (string)(await Ask("POST", "/api/v1/customers", new JsonObject { ["name"] = "Written", ["tags"] = new JsonArray(tag) }.ToJsonString())).Json["id"]!;
        await Eventually.True(async () => (await Members(id)).Contains(made), "who was made by people is listed");
    }

    [Fact]
    public async Task After_a_restart_who_was_due_meanwhile_is_out_and_all_others_are_where_they_were()
    {
        var (minute, _) = await Make("count(\"Product Viewed\" in last 1m) >= 1");
        var (week, _) = await Make("count(\"Product Viewed\" in last 7d) >= 1");
        var user = NewUser();
        await Segments(user, await View(user, "Restart", DateTimeOffset.UtcNow.AddSeconds(-50)));
        await Eventually.True(async () => (await Members(minute)).Contains("u:" + user) && (await Members(week)).Contains("u:" + user), "both are listed");
        await Fixture.NewSilo();
        await Eventually.True(async () => !(await Members(minute)).Contains("u:" + user), "it is out", TimeSpan.FromSeconds(60));
        Assert.Contains("u:" + user, await Members(week));
        Assert.Equal([week], (await Segments(user)).Intersect([minute, week]));
    }
}
