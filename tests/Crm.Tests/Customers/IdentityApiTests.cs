using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

/// <summary>People, merges and Segment's profile shape through real processes.</summary>
public sealed class IdentityApiTests(SpineFixture crm) : IClassFixture<SpineFixture>
{
    [Fact]
    public async Task A_person_is_made_found_and_made_once_for_a_repeated_request()
    {
        const string Body = """{"traits":{"name":"Bo"},"externalIds":[{"id":"bo@example.org","type":"email"},{"id":"77","type":"badge"}]}""";
        var made = await crm.Send(HttpMethod.Post, "/v1/customers", Body, ("Idempotency-Key", "k1"));
        var again = await crm.Send(HttpMethod.Post, "/v1/customers", Body, ("Idempotency-Key", "k1"));
        var id = made.Text("id")!;

        Assert.Equal((201, id), (made.Status, again.Text("id")));
        Assert.StartsWith("c:", id, StringComparison.Ordinal);
        var byBadge = await crm.Get($"/v1/customers/badge:77?minPosition={again.Text("position")}");
        Assert.Equal((200, id), (byBadge.Status, byBadge.Text("id")));
        Assert.Equal(1, byBadge.Json.GetProperty("counts").GetProperty("byType").GetProperty("identify").GetInt64());
        Assert.Equal("bo@example.org", byBadge.Json.GetProperty("externalIds").GetProperty("email")[0].GetString());
    }

    [Fact]
    public async Task A_server_event_links_the_person()
    {
        var made = await crm.Send(HttpMethod.Post, "/v1/customers", """{"externalIds":[{"id":"cy@example.org","type":"email"}]}""");
        await crm.Send("identify", """{"userId":"cy","traits":{"email":"CY@example.org"}}""");

        Reply? reply = null;
        await Eventually.True(async () => (reply = await crm.Get($"/v1/customers/{made.Text("id")}")).Text("id") == "u:cy", "they are one");
        var merge = reply!.Json.GetProperty("merges")[0];
        Assert.Equal("external_id", merge.GetProperty("reason").GetString());
        Assert.Equal(0, (await crm.Get("/v1/duplicates")).Json.GetProperty("data").EnumerateArray().Count(c => c.GetProperty("value").GetString() == "cy@example.org"));
    }

    [Fact]
    public async Task A_merge_is_taken_back_and_stays_so_until_its_bar_is_lifted()
    {
        await crm.Send("track", """{"anonymousId":"dv","event":"Looked"}""");
        var position = await crm.Send("identify", """{"userId":"di","anonymousId":"dv"}""");
        Assert.Equal("u:di", (await crm.Get($"/v1/customers/a:dv?minPosition={position}")).Text("id"));

        var apart = await crm.Send(HttpMethod.Post, "/v1/customers/u:di/unmerge", """{"source":"a:dv"}""");
        var again = await crm.Send(HttpMethod.Post, "/v1/customers/u:di/unmerge", """{"source":"a:dv"}""");

        Assert.Equal((200, 200, "u:di", "a:dv"), (apart.Status, again.Status, apart.Text("id"), apart.Text("source")));
        Assert.Equal("a:dv", (await crm.Get("/v1/customers/a:dv")).Text("id"));
        position = await crm.Send("identify", """{"userId":"di","anonymousId":"dv"}""");
        Assert.Equal("a:dv", (await crm.Get($"/v1/customers/a:dv?minPosition={position}")).Text("id"));
        Assert.Equal(1, (await crm.Get("/v1/customers/u:di/bars")).Json.GetProperty("data").GetArrayLength());

        Assert.Equal("True", (await crm.Send(HttpMethod.Delete, "/v1/customers/u:di/bars/a:dv", "")).Text("lifted"));
        position = await crm.Send("identify", """{"userId":"di","anonymousId":"dv"}""");
        Reply? merged = null;
        await Eventually.True(async () => (merged = await crm.Get($"/v1/customers/a:dv?minPosition={position}")).Status == 200, "it answers");
        Assert.Equal("u:di", merged!.Text("id"));
        Assert.Equal(0, (await crm.Get("/v1/customers/u:di/bars")).Json.GetProperty("data").GetArrayLength());
    }

    [Theory]
    [InlineData("POST", "/v1/customers", "{", 422, "bad-customer")]
    [InlineData("POST", "/v1/customers", "{}", 422, "bad-customer")]
    [InlineData("POST", "/v1/customers", """{"externalIds":[{"id":"1","type":"user_id"}]}""", 422, "bad-customer")]
    [InlineData("POST", "/v1/customers", """{"externalIds":[{"id":"null","type":"email"}]}""", 422, "bad-customer")]
    [InlineData("POST", "/v1/customers/u:nobody/unmerge", """{"source":"a:x"}""", 404, "customer-unknown")]
    [InlineData("POST", "/v1/customers/u:nobody/unmerge", """{"source":"x"}""", 422, "bad-source")]
    [InlineData("GET", "/v1/duplicates?limit=0", "", 400, "bad-query")]
    [InlineData("GET", "/v1/spaces/s/collections/users/profiles/user_id:nobody/traits", "", 404, "customer-unknown")]
    [InlineData("GET", "/v1/spaces/s/collections/users/profiles/user_id:nobody/traits?limit=x", "", 400, "bad-query")]
    public async Task What_cannot_be_done_is_told_so_in_words(string method, string path, string body, int status, string kind)
    {
        var reply = await crm.Send(new HttpMethod(method), path, body);

        Assert.Equal((status, "urn:crm:problem:" + kind), (reply.Status, reply.Text("type")));
    }

    [Fact]
    public async Task Who_is_not_merged_cannot_be_taken_apart()
    {
        var position = await crm.Send("track", """{"userId":"ed","event":"x"}""");
        Assert.Equal(200, (await crm.Get($"/v1/customers/u:ed?minPosition={position}")).Status);

        Assert.Equal("urn:crm:problem:not-merged", (await crm.Send(HttpMethod.Post, "/v1/customers/u:ed/unmerge", """{"source":"a:x"}""")).Text("type"));
    }

    [Fact]
    public async Task Profiles_are_answered_in_Segments_shape()
    {
        await crm.Send("group", """{"userId":"f/é","groupId":"acme"}""");
        await crm.Send("identify", """{"userId":"f/é","traits":{"email":"f@example.org","plan":"pro","seats":3}}""");
        var position = await crm.Send("track", """{"userId":"f/é","event":"Done","properties":{"a":1}}""");
        const string Profile = "/v1/spaces/any/collections/users/profiles/user_id:f%2F%C3%A9";

        var first = await crm.Get($"{Profile}/traits?limit=2&minPosition={position}");
        Assert.Equal("f@example.org", first.Json.GetProperty("traits").GetProperty("email").GetString());
        var cursor = first.Json.GetProperty("cursor");
        Assert.Equal((true, 2), (cursor.GetProperty("has_more").GetBoolean(), cursor.GetProperty("limit").GetInt32()));
        var second = await crm.Get($"{Profile}/traits?limit=2&next={cursor.GetProperty("next").GetString()}");
        Assert.Equal(3, second.Json.GetProperty("traits").GetProperty("seats").GetInt32());
        Assert.False(second.Json.GetProperty("cursor").GetProperty("has_more").GetBoolean());
        Assert.Equal(["plan"], (await crm.Get($"{Profile}/traits?include=plan")).Json.GetProperty("traits").EnumerateObject().Select(t => t.Name));

        var ids = (await crm.Get($"{Profile}/external_ids")).Json.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal(["user_id", "email"], ids.Select(i => i.GetProperty("type").GetString()!));
        Assert.All(ids, i => Assert.Equal(("users", "none"), (i.GetProperty("collection").GetString(), i.GetProperty("encoding").GetString())));
        Assert.Equal("acme", (await crm.Get($"{Profile}/links")).Json.GetProperty("data")[0].GetProperty("external_ids")[0].GetProperty("id").GetString());
        Assert.NotNull((await crm.Get($"{Profile}/metadata")).Json.GetProperty("metadata").GetProperty("created_at").GetString());

        await Eventually.True(async () => (await crm.Get($"{Profile}/events")).Json.GetProperty("data").GetArrayLength() == 3, "the history has them");
        var page = (await crm.Get($"{Profile}/events?limit=1")).Json;
        var next = page.GetProperty("cursor").GetProperty("next").GetString();
        Assert.NotEmpty((await crm.Get($"{Profile}/events?limit=1&next={next}")).Json.GetProperty("data")[0].GetProperty("message_id").GetString()!);
    }
}
