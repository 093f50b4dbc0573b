using System.Net;
using System.Text.Json;
using Crm.Access;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

/// <summary>Customers as records, through real processes.</summary>
public sealed class CustomerRecordApiTests(SpineFixture crm) : IClassFixture<SpineFixture>
{
    private const string Customers = "/api/v1/customers";

    [Fact]
    public async Task A_person_is_made_with_a_card_and_lives_and_is_found_by_email_and_phone()
    {
        const string Body = """
            {"givenName":"小明","familyName":"王","language":"zh","emails":["Ming@Example.org"],"phones":["+86 10 6552 9988"],"tags":["vip"],
             "addresses":[{"label":"home","city":"北京"}],"birthday":"1990-05-01","role":"Buyer","externalId":"erp-1"}
            """;
        var made = await crm.Ask(HttpMethod.Post, Customers, Body, ("Idempotency-Key", "card-1"));
        var again = await crm.Ask(HttpMethod.Post, Customers, Body, ("Idempotency-Key", "card-1"));
        var byExternalId = await crm.Ask(HttpMethod.Post, Customers, Body);
        var id = made.Text("id")!;

        Assert.Equal((201, 201, 200), (made.Status, again.Status, byExternalId.Status));
        Assert.StartsWith("c:", id, StringComparison.Ordinal);
        Assert.Equal((id, id), (again.Text("id"), byExternalId.Text("id")));
        Assert.Equal(("王小明", "Ming@Example.org", "lead", "+86 10 6552 9988"), (made.Text("name"), made.Text("email"), made.Text("lifecycle"), made.Text("phone")));
        Assert.Equal("+861065529988", made.Json.GetProperty("phonesE164")[0].GetString());
        Assert.Equal(id, made.Json.GetProperty("profile").GetProperty("id").GetString());

        foreach (var other in (string[])["email:ming%40example.org", "phone:%2B861065529988", Uri.EscapeDataString(id)])
        {
            var found = await crm.Get($"{Customers}/{other}?minPosition={Position(made)}");
            Assert.Equal((200, id, "王小明"), (found.Status, found.Text("id"), found.Text("name")));
        }

        await Eventually.True(async () => Ids(await crm.Get($"{Customers}?filter={Uri.EscapeDataString("name ~ \"小明\" and tags has vip and emails has \"Ming@Example.org\"")}")).Contains(id), "it is listed");
        Assert.Contains(id, Ids(await crm.Get($"{Customers}?q=小明")));
        Assert.Contains(id, Ids(await crm.Get($"{Customers}?q=861065529988")));
    }

    [Fact]
    public async Task What_people_write_goes_before_what_events_said_and_both_are_seen()
    {
        var position = await crm.Send("identify", """{"userId":"both","traits":{"name":"bo","email":"bo@shop.example"}}""");
        var before = await crm.Get($"{Customers}/u:both?minPosition={position}");
        Assert.Equal((200, "bo", "bo@shop.example"), (before.Status, before.Text("name"), before.Text("email")));
        Assert.Equal("0", before.Text("recordVersion"));

        var edited = await crm.Ask(HttpMethod.Patch, $"{Customers}/u:both", """{"name":"Bo Li","emails":["bo@home.example"]}""", ("If-Match", ETag(before)));

        Assert.Equal((200, "Bo Li", "bo@home.example", "1"), (edited.Status, edited.Text("name"), edited.Text("email"), edited.Text("recordVersion")));
        Assert.Equal("\"bo\"", edited.Json.GetProperty("profile").GetProperty("traits").GetProperty("name").GetRawText());
        var byEmail = await crm.Get($"{Customers}/email:bo%40home.example?minPosition={Position(edited)}");
        Assert.Equal("u:both", byEmail.Text("id"));
        Assert.Equal(before.Text("lastSeen"), byEmail.Text("lastSeen"));
    }

    [Fact]
    public async Task The_tag_is_made_of_both_counters()
    {
        var position = await crm.Send("track", """{"userId":"tagged","event":"x"}""");
        var first = await crm.Get($"{Customers}/u:tagged?minPosition={position}");
        Assert.Equal("\"0.1\"", ETag(first));
        Assert.Equal(304, (await crm.Get($"{Customers}/u:tagged", ETag(first))).Status);

        position = await crm.Send("track", """{"userId":"tagged","event":"y"}""");
        Assert.Equal("\"0.2\"", ETag(await crm.Get($"{Customers}/u:tagged?minPosition={position}", ETag(first))));
        Assert.Equal(200, (await crm.Ask(HttpMethod.Patch, $"{Customers}/u:tagged", """{"role":"a"}""", ("If-Match", ETag(first)))).Status);
        var stale = await crm.Ask(HttpMethod.Patch, $"{Customers}/u:tagged", """{"role":"b"}""", ("If-Match", ETag(first)));
        Assert.Equal((412, "a"), (stale.Status, stale.Json.GetProperty("current").GetProperty("role").GetString()));
        Assert.Equal("\"1.2\"", ETag(await crm.Get($"{Customers}/u:tagged")));
    }

    [Fact]
    public async Task A_hundred_edits_of_a_customer_with_a_hundred_events_a_second_meet_no_false_412()
    {
        using var enough = new CancellationTokenSource();
        var sent = 0;
        await crm.Send("track", """{"userId":"busy","event":"x"}""");
        var load = Task.Run(async () =>
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            while (!enough.IsCancellationRequested && await pace.WaitForNextTickAsync())
            {
                var batch = string.Join(',', Enumerable.Range(0, 10).Select(i => $$"""{"type":"track","userId":"busy","event":"x","messageId":"busy-{{sent + i}}"}"""));
                await crm.Send("batch", $$"""{"batch":[{{batch}}]}""");
                Interlocked.Add(ref sent, 10);
            }
        });

        Reply? now = null;
        await Eventually.True(async () => (now = await crm.Get($"{Customers}/u:busy")).Status == 200, "it is there");
        for (var edit = 1; edit <= 100; edit++)
        {
            var edited = await crm.Ask(HttpMethod.Patch, $"{Customers}/u:busy", $$"""{"description":"edit {{edit}}"}""", ("If-Match", ETag(now!)));
            Assert.Equal((200, $"{edit}"), (edited.Status, edited.Text("recordVersion")));
            now = edited;
        }

        await enough.CancelAsync();
        await load;
        Assert.True(sent > 0);
        Assert.Equal("edit 100", (await crm.Get($"{Customers}/u:busy")).Text("description"));
    }

    [Fact]
    public async Task Two_are_merged_by_a_person_and_taken_apart_again()
    {
        var one = await crm.Ask(HttpMethod.Post, Customers, """{"name":"Cy","tags":["one"],"emails":["cy1@example.org"]}""");
        var two = await crm.Ask(HttpMethod.Post, Customers, """{"name":"Cyrus","tags":["two"]}""");
        var (source, into) = (one.Text("id")!, two.Text("id")!);

        var merged = await crm.Ask(HttpMethod.Post, $"{Customers}/{source}/merge", $$"""{"into":"{{into}}"}""");
        var again = await crm.Ask(HttpMethod.Post, $"{Customers}/{source}/merge", $$"""{"into":"{{into}}"}""");

        Assert.Equal((200, into, 200, into), (merged.Status, merged.Text("id"), again.Status, again.Text("id")));
        await Eventually.True(async () => (await crm.Get($"{Customers}/{source}")).Json.GetProperty("tags").GetArrayLength() == 2, "the card is taken over", TimeSpan.FromSeconds(60));
        var both = await crm.Get($"{Customers}/{source}");
        Assert.Equal((into, "Cyrus", "cy1@example.org"), (both.Text("id"), both.Text("name"), both.Text("email")));
        Assert.Equal([into], Ids(await crm.Get($"{Customers}?filter=tags%20has%20one")));

        var apart = await crm.Ask(HttpMethod.Post, $"{Customers}/{into}/unmerge", $$"""{"source":"{{source}}"}""");
        Assert.Equal(200, apart.Status);
        Assert.Equal((source, "Cy"), ((await crm.Get($"{Customers}/{source}")).Text("id"), (await crm.Get($"{Customers}/{source}")).Text("name")));
        Assert.Equal(2, Ids(await crm.Get($"{Customers}?filter=tags%20has%20one")).Length);

        // Who decides anew lifts what kept them apart.
        Assert.Equal(into, (await crm.Ask(HttpMethod.Post, $"{Customers}/{source}/merge", $$"""{"into":"{{into}}"}""")).Text("id"));
    }

    [Fact]
    public async Task A_card_goes_into_the_trash_and_its_customer_lives_on()
    {
        var made = await crm.Ask(HttpMethod.Post, Customers, """{"name":"Di","tags":["trashed"]}""");
        var id = made.Text("id")!;
        var admin = ("Authorization", "Bearer " + await crm.AdminKey());

        Assert.Equal(403, (await crm.Ask(HttpMethod.Delete, $"{Customers}/{id}")).Status);
        Assert.Equal(204, (await crm.Ask(HttpMethod.Delete, $"{Customers}/{id}", null, admin)).Status);
        Assert.Equal(404, (await crm.Get($"{Customers}/{id}")).Status);
        Assert.Empty(Ids(await crm.Get($"{Customers}?filter=tags%20has%20trashed")));
        Assert.Equal([id], Ids(await crm.Get($"{Customers}?filter=tags%20has%20trashed&trash=true")));
        Assert.Equal(200, (await crm.Get($"/v1/customers/{id}")).Status);

        Assert.Equal((200, "Di"), await Named(crm.Ask(HttpMethod.Post, $"{Customers}/{id}/restore", null, admin)));
        Assert.Equal([id], Ids(await crm.Get($"{Customers}?filter=tags%20has%20trashed")));

        static async Task<(int, string?)> Named(Task<Reply> reply) => ((await reply).Status, (await reply).Text("name"));
    }

    [Fact]
    public async Task A_customer_is_made_or_changed_by_its_external_id()
    {
        var made = await crm.Ask(HttpMethod.Put, $"{Customers}/by-external-id/k%2F7", """{"name":"Ed"}""");
        var changed = await crm.Ask(HttpMethod.Put, $"{Customers}/by-external-id/k%2F7", """{"role":"Chef"}""");

        Assert.Equal((201, 200, "Ed", "Chef"), (made.Status, changed.Status, changed.Text("name"), changed.Text("role")));
        Assert.Equal(made.Text("id"), changed.Text("id"));
    }

    [Theory]
    [InlineData("POST", "", """{"emails":["nonsense"]}""", 422, "bad-fields")]
    [InlineData("POST", "", """{"phones":["call me"]}""", 422, "bad-fields")]
    [InlineData("POST", "", """{"lastSeen":"2026-01-01T00:00:00Z"}""", 422, "bad-fields")]
    [InlineData("POST", "", """{"lifecycle":"friend"}""", 422, "bad-fields")]
    [InlineData("GET", "/u:nobody-at-all", null, 404, "not-found")]
    [InlineData("PATCH", "/u:nobody-at-all", "{}", 404, "not-found")]
    [InlineData("GET", "/nonsense", null, 400, "bad-id")]
    [InlineData("GET", "?sort=profile", null, 400, "bad-query")]
    [InlineData("GET", "?filter=tier%20%3D%20gold", null, 400, "bad-filter")]
    public async Task What_cannot_be_done_is_told_so_in_words(string method, string path, string? body, int status, string kind)
    {
        var reply = await crm.Ask(new HttpMethod(method), Customers + path, body);

        Assert.Equal((status, "urn:crm:problem:" + kind), (reply.Status, reply.Text("type")));
    }

    [Fact]
    public async Task Live_columns_sort_and_filter_the_list()
    {
        var position = "";
        for (var at = 1; at <= 3; at++)
            position = await crm.Send("track", $$$"""{"userId":"sorted{{{at}}}","event":"Order Completed","properties":{"order_id":"s{{{at}}}","revenue":"{{{at}}}00.00","currency":"USD"}}""");
        await crm.Get($"{Customers}/u:sorted3?minPosition={position}");
        foreach (var at in (int[])[1, 2, 3])
            Assert.Equal(200, (await crm.Ask(HttpMethod.Patch, $"{Customers}/u:sorted{at}", """{"tags":["sorted"]}""")).Status);

        string[] all = ["u:sorted3", "u:sorted2", "u:sorted1"];
        await Eventually.True(async () => Ids(await crm.Get($"{Customers}?filter=tags%20has%20sorted%20and%20revenue%20%3E%2050&sort=-revenue&fields=name,revenue")).SequenceEqual(all), "they are sorted by revenue");
        Assert.Equal(all, Ids(await crm.Get($"{Customers}?filter=tags%20has%20sorted&sort=-lastSeen")));
        Assert.Equal(all[..2], Ids(await crm.Get($"{Customers}?filter={Uri.EscapeDataString("tags has sorted and revenue > 150 USD and lifecycle = customer")}&sort=-revenue")));
        var page = await crm.Get($"{Customers}?filter=tags%20has%20sorted&sort=-revenue&limit=2&count=true");
        Assert.Equal("3", page.Text("count"));
        Assert.Equal(["u:sorted1"], Ids(await crm.Get($"{Customers}?filter=tags%20has%20sorted&sort=-revenue&limit=2&cursor={page.Text("next")}")));
        Assert.Equal("300.00", page.Json.GetProperty("items")[0].GetProperty("revenue").GetProperty("amount").GetString());
    }

    private static string ETag(Reply reply) => reply.Headers.ETag!.ToString();

    private static string Position(Reply reply) => reply.Headers.GetValues(IngestAnswer.PositionHeader).Last();

    private static string[] Ids(Reply list)
    {
        Assert.True(list.Status == (int)HttpStatusCode.OK, list.Json.ToString());
        return [.. list.Json.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()!)];
    }
}
