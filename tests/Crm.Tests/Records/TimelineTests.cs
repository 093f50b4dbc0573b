using System.Text.Json.Nodes;
using Crm.Access;
using Xunit;

namespace Crm.Records;

/// <summary>Timelines of companies and deals: what is in them, their pages, and who sees what.</summary>
[Collection(RecordsGroup.Name)]
public sealed class TimelineTests(RecordsFixture crm)
{
    [Fact]
    public async Task A_companys_timeline_holds_all_that_happened_newest_first()
    {
        var company = await crm.Make(RecordKind.Company, """{"owner":"usr_admin"}""");
        var deal = await crm.Make(RecordKind.Deal, $$"""{"name":"Big one","company":"{{company}}"}""");
        Assert.Equal(200, (await crm.Ask("PATCH", $"/api/v1/deals/{deal}", """{"stage":"proposal"}""")).Status);
        var call = await crm.Make(RecordKind.Activity, $$"""{"type":"call","subject":"Rang","at":"2020-01-01T00:00:00Z","company":"{{company}}","deal":"{{deal}}"}""");
        var task = await crm.Make(RecordKind.ToDo, $$"""{"subject":"Ring back","company":"{{company}}"}""");
        var order = await crm.Make(RecordKind.Order, $$"""{"name":"Tea","company":"{{company}}","lines":[{"name":"Tea","quantity":1,"price":"3"}],"currency":"EUR"}""");
        Assert.Equal(204, (await crm.Ask("DELETE", "/api/v1/activities/" + await crm.Make(RecordKind.Activity, $$"""{"company":"{{company}}"}"""))).Status);

        var all = await crm.Ask("GET", $"/api/v1/companies/{company}/timeline");

        Assert.Equal((200, null), (all.Status, all["next"]));
        Assert.Equal(["activity", "order", "owner", "stage", "stage", "task"], all.Items.Select(Kind).Order());
        Assert.Equal([.. all.Items.Select(At).OrderDescending()], all.Items.Select(At));
        Assert.Equal(("call", "Rang", call), Of(all.Items[^1]!));
        Assert.Equal((null, "Ring back", task), Of(all.Items.Single(i => Kind(i) == "task")!));
        Assert.Equal((null, "Tea", order), Of(all.Items.Single(i => Kind(i) == "order")!));
        Assert.Equal(["proposal", "prospecting"], all.Items.Where(i => Kind(i) == "stage").Select(i => (string?)i!["stage"]));
        Assert.Equal("usr_admin", (string?)all.Items.Single(i => Kind(i) == "owner")!["to"]);

        Assert.Equal(["activity"], (await crm.Ask("GET", $"/api/v1/companies/{company}/timeline?kinds=activity,merge")).Items.Select(Kind));
        Assert.Equal(["activity"], (await crm.Ask("GET", $"/api/v1/companies/{company}/timeline?to=2020-01-01T00:00:01Z")).Items.Select(Kind));
        Assert.Empty((await crm.Ask("GET", $"/api/v1/companies/{company}/timeline?to=2020-01-01T00:00:00Z")).Items);
        Assert.DoesNotContain("activity", (await crm.Ask("GET", $"/api/v1/companies/{company}/timeline?from=2020-01-01T00:00:01Z")).Items.Select(Kind));
        Assert.Equal(["activity", "stage", "stage"], (await crm.Ask("GET", $"/api/v1/deals/{deal}/timeline?kinds=stage,activity")).Items.Select(Kind).Order());
    }

    [Fact]
    public async Task All_steps_of_a_deal_stand_in_it_in_pages_though_the_deal_remembers_a_hundred()
    {
        const int Moves = 104;
        var company = await crm.Make(RecordKind.Company);
        var deal = await crm.Make(RecordKind.Deal, $$"""{"name":"Back and forth","company":"{{company}}"}""");
        for (var i = 0; i < Moves; i++)
            Assert.Equal(200, (await crm.Ask("PATCH", $"/api/v1/deals/{deal}", i % 2 == 0 ? """{"stage":"proposal"}""" : """{"stage":"prospecting"}""")).Status);

        Assert.Equal(100, (await crm.Ask("GET", $"/api/v1/deals/{deal}")).Json["stageHistory"]!.AsArray().Count);
        foreach (var path in (string[])[$"/api/v1/deals/{deal}", $"/api/v1/companies/{company}"])
        {
            var steps = new List<string?>();
            for (string? next = ""; next is not null;)
            {
                var page = await crm.Ask("GET", $"{path}/timeline?kinds=stage&limit=40{(next.Length == 0 ? "" : "&cursor=" + next)}");
                Assert.All(page.Items, i => Assert.Equal(("stage", "Back and forth", deal), (Kind(i), (string?)i!["title"], (string?)i["record"]!["id"])));
                steps.AddRange(page.Items.Select(i => $"{i!["stage"]} {i["stageName"]} {i["by"]}"));
                next = page["next"];
            }

            Assert.Equal(Enumerable.Range(0, Moves + 1).Select(i => i % 2 == 0 ? "prospecting Prospecting usr_admin" : "proposal Proposal usr_admin").Reverse(), steps);
        }
    }

    [Fact]
    public async Task A_companys_timeline_holds_what_was_done_with_its_people_and_deals_as_far_as_they_may_be_seen()
    {
        var company = await crm.Make(RecordKind.Company);
        var person = await crm.Make(RecordKind.Customer, $$"""{"name":"Ada","company":"{{company}}"}""");
        var gone = await crm.Make(RecordKind.Customer, $$"""{"name":"Eve","company":"{{company}}"}""");
        var deal = await crm.Make(RecordKind.Deal, $$"""{"name":"Big one","company":"{{company}}"}""");
        var elsewhere = await crm.Make(RecordKind.Customer);
        async Task<string> Note(string links) => await crm.Make(RecordKind.Activity, $$"""{"subject":"x",{{links}}}""");
        var ofPerson = await Note($"\"customer\":\"{person}\"");
        var ofDeal = await Note($"\"deal\":\"{deal}\"");
        var ofAll = await Note($"\"deal\":\"{deal}\",\"customer\":\"{person}\",\"company\":\"{company}\"");
        await Note($"\"customer\":\"{elsewhere}\"");
        await Note($"\"customer\":\"{gone}\"");
        Assert.Equal(204, (await crm.Ask("DELETE", $"/api/v1/customers/{gone}")).Status);
        var task = await crm.Make(RecordKind.ToDo, $$"""{"customer":"{{person}}"}""");
        var order = await crm.Make(RecordKind.Order, $$"""{"name":"Tea","deal":"{{deal}}"}""");
        var path = $"/api/v1/companies/{company}/timeline?kinds=activity,task,order";
        async Task<string[]> Shown(string user, string more = "") =>
            [.. (await crm.Ask("GET", path + more, user: user)).Items.Select(i => (string)i!["record"]!["id"]!).Order(StringComparer.Ordinal)];
        static string[] Sorted(params string[] ids) => [.. ids.Order(StringComparer.Ordinal)];

        Assert.Equal(Sorted(ofPerson, ofDeal, ofAll, task, order), await Shown(RecordsFixture.Admin));
        Assert.Equal(Sorted(ofPerson, ofDeal, ofAll, task, order), (await Paged(path)).Order(StringComparer.Ordinal));
        Assert.Equal(Sorted(ofDeal, ofAll, order), await Shown(RecordsFixture.Admin, "&purpose=ads"));

        // Who may not see a person or a deal, or that they are the company's, sees nothing by them.
        string Without(string kind, KindRights rights) => crm.NewUser("north", k => k == kind ? rights : KindRights.Full);
        Assert.Equal(Sorted(ofDeal, ofAll, order), await Shown(Without("customer", new KindRights { Read = RecordScope.Own })));
        Assert.Equal(Sorted(ofPerson, ofAll, task), await Shown(Without("deal", new KindRights { Read = RecordScope.Own })));
        Assert.Equal(Sorted(ofDeal, ofAll, order), await Shown(Without("customer", KindRights.Full with { Hidden = ["company"] })));
        Assert.Equal(Sorted(ofPerson, ofAll, task), await Shown(Without("deal", KindRights.Full with { Hidden = ["company"] })));
        Assert.Equal(Sorted(ofDeal, ofAll, task, order), await Shown(Without("activity", KindRights.Full with { Hidden = ["customer"] })));
        Assert.Equal(Sorted(ofPerson, ofAll, ofDeal, task), await Shown(Without("order", KindRights.Full with { Hidden = ["deal"] })));
    }

    private async Task<List<string>> Paged(string path)
    {
        var seen = new List<string>();
        for (string? next = ""; next is not null;)
        {
            var page = await crm.Ask("GET", $"{path}&limit=2{(next.Length == 0 ? "" : "&cursor=" + next)}");
            seen.AddRange(page.Items.Select(i => (string)i!["record"]!["id"]!));
            next = page["next"];
        }

        return seen;
    }

    [Theory]
    [InlineData("kinds=parties")]
    [InlineData("from=yesterday")]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("cursor=abc")]
    [InlineData("page=2")]
    public async Task What_cannot_be_used_is_refused_in_words(string query)
    {
        var company = await crm.Make(RecordKind.Company);
        var answer = await crm.Ask("GET", $"/api/v1/companies/{company}/timeline?{query}");
        Assert.Equal((400, "urn:crm:problem:bad-query"), (answer.Status, answer.Type));
    }

    [Fact]
    public async Task Pages_show_each_entry_once_whatever_comes_meanwhile()
    {
        var company = await crm.Make(RecordKind.Company);
        var made = new List<string>();
        // Many at the same time, of several kinds: their places differ all the same.
        for (var i = 0; i < 9; i++)
            made.Add(await crm.Make(RecordKind.Activity, $$"""{"subject":"n{{i}}","at":"2021-01-0{{1 + (i / 4)}}T00:00:00Z","company":"{{company}}"}"""));
        for (var i = 0; i < 3; i++)
            made.Add(await crm.Make(RecordKind.Order, $$"""{"name":"o{{i}}","placedAt":"2021-01-02T00:00:00Z","company":"{{company}}"}"""));
        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await crm.Ask("GET", $"/api/v1/companies/{company}/timeline?limit=2&to=2021-02-01T00:00:00Z{(next is null ? "" : "&cursor=" + next)}");
            Assert.True(page.Status == 200, page.Text);
            Assert.InRange(page.Items.Count, 1, 2);
            seen.AddRange(page.Items.Select(i => (string)i!["record"]!["id"]!));
            await crm.Make(RecordKind.Activity, $$"""{"subject":"later","at":"2021-01-20T00:00:00Z","company":"{{company}}"}""");
            next = page["next"];
        }
        while (next is not null);

        Assert.Equal(made.Order(), seen.Order());
    }

    [Fact]
    public async Task A_cursor_serves_its_own_question_alone()
    {
        var (one, other) = (await crm.Make(RecordKind.Company), await crm.Make(RecordKind.Company));
        for (var i = 0; i < 2; i++) await crm.Make(RecordKind.Activity, $$"""{"company":"{{one}}"}""");
        var next = (await crm.Ask("GET", $"/api/v1/companies/{one}/timeline?limit=1"))["next"];

        Assert.NotNull(next);
        Assert.Equal(200, (await crm.Ask("GET", $"/api/v1/companies/{one}/timeline?limit=1&cursor={next}")).Status);
        Assert.Equal(400, (await crm.Ask("GET", $"/api/v1/companies/{other}/timeline?cursor={next}")).Status);
        Assert.Equal(400, (await crm.Ask("GET", $"/api/v1/companies/{one}/timeline?kinds=activity&cursor={next}")).Status);
    }

    [Fact]
    public async Task Nobody_sees_in_it_what_a_list_would_not_show()
    {
        var rep = crm.NewUser("north", kind => kind is "company" ? KindRights.Full : new KindRights { Create = true, Read = RecordScope.Own, Edit = RecordScope.Own });
        var blind = crm.NewUser("north", kind => kind is "activity" ? KindRights.Full with { Hidden = ["body"] } : kind is "task" ? KindRights.Full with { Hidden = ["company"] } : KindRights.Full with { Hidden = ["owner"] });
        var none = crm.NewUser("south", kind => kind is "company" ? KindRights.Nothing : KindRights.Full);
        var company = await crm.Make(RecordKind.Company, """{"owner":"usr_admin"}""");
        var mine = await crm.Make(RecordKind.Activity, $$"""{"subject":"mine","body":"secret","owner":"{{rep}}","company":"{{company}}"}""");
        await crm.Make(RecordKind.Activity, $$"""{"subject":"theirs","company":"{{company}}"}""");
        await crm.Make(RecordKind.ToDo, $$"""{"subject":"theirs","company":"{{company}}"}""");
        var path = $"/api/v1/companies/{company}/timeline";

        var all = await crm.Ask("GET", path);
        Assert.Equal(["activity", "activity", "owner", "task"], all.Items.Select(Kind).Order());
        Assert.Contains("secret", all.Text, StringComparison.Ordinal);
        var own = await crm.Ask("GET", path + "?kinds=activity,task,order,stage", user: rep);
        Assert.Equal([mine], own.Items.Select(i => (string?)i!["record"]!["id"]));
        var hidden = await crm.Ask("GET", path, user: blind);
        Assert.Equal(["activity", "activity"], hidden.Items.Select(Kind));
        Assert.DoesNotContain("secret", hidden.Text, StringComparison.Ordinal);
        Assert.Equal(404, (await crm.Ask("GET", path, user: none)).Status);
        Assert.Equal(404, (await crm.Ask("GET", "/api/v1/deals/de_nowhere/timeline")).Status);
    }

    private static string Kind(JsonNode? item) => (string)item!["kind"]!;

    private static string At(JsonNode? item) => (string)item!["at"]!;

    private static (string? Type, string? Title, string? Id) Of(JsonNode item) => ((string?)item["type"], (string?)item["title"], (string?)item["record"]!["id"]);
}
