using System.Text.Json;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

/// <summary>A customer's timeline, through real processes: events, and what came in under ids that were merged.</summary>
public sealed class CustomerTimelineTests(SpineFixture crm) : IClassFixture<SpineFixture>
{
    [Fact]
    public async Task It_holds_events_records_and_merges_of_all_of_a_persons_ids_in_pages()
    {
        var visited = await crm.Send("track", """{"anonymousId":"tl-visitor","event":"Looked","timestamp":"2026-01-01T10:00:00Z"}""");
        await crm.Send("track", """{"userId":"tl","event":"Bought","timestamp":"2026-01-01T11:00:00Z"}""");
        Assert.Equal(200, (await crm.Get($"/api/v1/customers/a:tl-visitor?minPosition={visited}")).Status);
        var rang = await crm.Ask(HttpMethod.Post, "/api/v1/activities", """{"subject":"Rang the visitor","at":"2026-01-01T10:30:00Z","customer":"a:tl-visitor"}""");
        Assert.True(rang.Status == 201, rang.Json.ToString());
        var position = await crm.Send("identify", """{"userId":"tl","anonymousId":"tl-visitor","timestamp":"2026-01-01T12:00:00Z"}""");
        await crm.Get($"/api/v1/customers/u:tl?minPosition={position}");
        const string Path = "/api/v1/customers/u:tl/timeline?kinds=event,activity,merge";
        await Eventually.True(async () => Items(await crm.Get(Path)).Length == 5, "all is there");

        var all = await crm.Get(Path);
        Assert.Equal("merge", Text(Items(all)[0], "kind"));
        Assert.Equal("a:tl-visitor", Text(Items(all)[0], "from"));
        Assert.Equal(["identify", "Bought", "Rang the visitor", "Looked"], Items(all)[1..].Select(i => Text(i, "title")));
        Assert.Equal("a:tl-visitor", Items(all)[^1].GetProperty("event").GetProperty("id").GetString());
        Assert.Equal(JsonValueKind.Number, all.Json.GetProperty("lagMs").ValueKind);

        var titles = new List<string?>();
        for (string? next = ""; next is not null;)
        {
            var page = await crm.Get(Path + "&limit=1" + (next.Length == 0 ? "" : "&cursor=" + next));
            titles.AddRange(Items(page).Select(i => Text(i, "title")));
            next = page.Text("next") is { Length: > 0 } more ? more : null;
        }

        Assert.Equal(Items(all).Select(i => Text(i, "title")), titles);
        Assert.Equal(["Looked"], Items(await crm.Get(Path + "&to=2026-01-01T10:00:00.001Z")).Select(i => Text(i, "title")));
        Assert.Equal(["Bought", "Rang the visitor"], Items(await crm.Get(Path + "&from=2026-01-01T10:30:00Z&to=2026-01-01T12:00:00Z")).Select(i => Text(i, "title")));
    }

    [Fact]
    public async Task A_companys_holds_the_events_of_its_people_by_all_of_their_ids()
    {
        var company = (await crm.Ask(HttpMethod.Post, "/api/v1/companies", """{"name":"Tea Ltd"}""")).Text("id");
        await crm.Send("track", """{"anonymousId":"co-visitor","event":"Looked","timestamp":"2026-01-01T10:00:00Z"}""");
        await crm.Send("track", """{"userId":"co","event":"Bought","timestamp":"2026-01-01T11:00:00Z"}""");
        await crm.Send("track", """{"userId":"not-co","event":"Elsewhere","timestamp":"2026-01-01T11:30:00Z"}""");
        var position = await crm.Send("identify", """{"userId":"co","anonymousId":"co-visitor","timestamp":"2026-01-01T12:00:00Z"}""");
        Assert.Equal(200, (await crm.Get($"/api/v1/customers/u:co?minPosition={position}")).Status);
        Assert.Equal(200, (await crm.Ask(HttpMethod.Patch, "/api/v1/customers/u:co", $$"""{"company":"{{company}}"}""")).Status);
        var path = $"/api/v1/companies/{company}/timeline?kinds=event";
        await Eventually.True(async () => Items(await crm.Get(path)).Length == 3, "all is there");

        var all = Items(await crm.Get(path));
        Assert.Equal([("identify", "u:co"), ("Bought", "u:co"), ("Looked", "u:co")], all.Select(i => (Text(i, "title"), Text(i, "customer"))));
        Assert.Equal("a:co-visitor", all[^1].GetProperty("event").GetProperty("id").GetString());
        Assert.Equal(["Bought"], Items(await crm.Get(path + "&from=2026-01-01T10:30:00Z&to=2026-01-01T12:00:00Z")).Select(i => Text(i, "title")));
        Assert.Empty(Items(await crm.Get(path + "&purpose=ads")));
    }

    private static JsonElement[] Items(Reply reply) => reply.Json.TryGetProperty("items", out var items) ? [.. items.EnumerateArray()] : [];

    private static string? Text(JsonElement item, string member) => item.TryGetProperty(member, out var value) ? value.GetString() : null;
}
