using System.Text;
using System.Text.Json;
using Xunit;

namespace Crm.Clickstream;

/// <summary>What PostHog's clients send, as recorded from posthog-node 5 and posthog-js, and what becomes of it.</summary>
public sealed class PostHogAdapterTests
{
    [Fact]
    public void Reads_a_batch_as_posthog_node_sends_it()
    {
        var batch = Read("""
            {"api_key":"wk_1","batch":[
              {"event":"Product Viewed","properties":{"product_id":"p1","price":12.5,"$lib":"posthog-node","$lib_version":"5.7"},"timestamp":"2026-11-26T02:05:30.905Z","uuid":"m-1","distinct_id":"ada"},
              {"event":"$pageview","properties":{"$current_url":"https://shop.example/a","$pathname":"/a"},"timestamp":"2026-11-26T02:05:30.906Z","uuid":"m-2","distinct_id":"ada"},
              {"event":"personless","properties":{"$process_person_profile":false},"timestamp":"2026-11-26T02:05:30.906Z","uuid":"m-3","distinct_id":"01a2"}],
             "sent_at":"2026-11-26T02:05:40.907Z"}
            """);

        Assert.Equal([EventType.Track, EventType.Page, EventType.Track], batch.Events.Select(e => e.Type));
        Assert.Equal([("ada", null), ("ada", null), (null, "01a2")], batch.Events.Select(e => (e.UserId, e.AnonymousId)));
        var viewed = batch.Events[0];
        Assert.Equal(("Product Viewed", "m-1", 10_002L), (viewed.Name, viewed.MessageId, viewed.SentAt.UnixMs - viewed.Original.UnixMs));
        Assert.Equal(12.5m, Json(viewed).GetProperty("properties").GetProperty("price").GetDecimal());
        Assert.Equal("posthog-node", Json(viewed).GetProperty("context").GetProperty("library").GetProperty("name").GetString());
        Assert.Equal("/a", Json(batch.Events[1]).GetProperty("properties").GetProperty("path").GetString());
    }

    [Fact]
    public void An_identify_sets_traits_and_links_the_visitor_as_whatever_it_was()
    {
        var read = One("""
            {"event":"$identify","distinct_id":"ada","properties":{"$set":{"email":"a@b.c"},"$set_once":{"first":"x"},"$anon_distinct_id":"anon-1"}}
            """);

        Assert.Equal((EventType.Identify, "ada", "anon-1", "anon-1"), (read.Type, read.UserId, read.AnonymousId, read.PreviousId));
        Assert.Equal("a@b.c", Json(read).GetProperty("traits").GetProperty("email").GetString());
        Assert.Equal("x", Json(read).GetProperty("traitsOnce").GetProperty("first").GetString());
    }

    [Theory]
    [InlineData("""{"event":"$create_alias","distinct_id":"ada","properties":{"distinct_id":"ada","alias":"anon-1"}}""", "ada", "anon-1")]
    [InlineData("""{"event":"$merge_dangerously","distinct_id":"ada","properties":{"alias":"old"}}""", "ada", "old")]
    [InlineData("""{"event":"$create_alias","properties":{"distinct_id":"anon-1","alias":"ada","$is_identified":false}}""", "ada", "anon-1")]
    public void An_alias_names_the_user_and_the_earlier_id(string body, string user, string previous)
    {
        var read = One(body);
        Assert.Equal((EventType.Alias, user, previous), (read.Type, read.UserId, read.PreviousId));
    }

    [Theory]
    [InlineData("""{"$is_identified":false}""", true)]
    [InlineData("""{"$device_id":"d1"}""", true)]
    [InlineData("""{"$device_id":"d1","$user_id":"d1"}""", false)]
    [InlineData("""{"$device_id":"other","$is_identified":true}""", false)]
    [InlineData("""{}""", false)]
    public void Tells_a_visitors_id_from_a_users_by_what_the_client_says(string properties, bool visitor)
    {
        var read = One($$"""{"event":"x","distinct_id":"d1","properties":{{properties}}}""");
        Assert.Equal(visitor ? (null, "d1") : ("d1", null), (read.UserId, read.AnonymousId));
    }

    [Fact]
    public void Groups_of_different_types_do_not_fall_together_and_need_a_person()
    {
        static string Group(string type, string id) =>
            $$"""{"event":"$groupidentify","distinct_id":"{{id}}","properties":{"$group_type":"{{type}}","$group_key":"acme","$group_set":{"name":"ACME"} } }""";

        var company = One(Group("company", "ada"));
        Assert.True(company.HasGroupId);
        Assert.Equal("acme", Json(company).GetProperty("groupId").GetString());
        Assert.Equal("ACME", Json(company).GetProperty("traits").GetProperty("name").GetString());
        Assert.Equal("team:acme", Json(One(Group("team", "ada"))).GetProperty("groupId").GetString());
        Assert.Equal(PostHogAdapter.NoPerson, Assert.Single(Read(Group("company", "$company_acme")).Refused).Reason);
    }

    [Fact]
    public void Traits_that_another_event_sets_are_an_identify_beside_it()
    {
        var batch = Read("""{"event":"signed up","uuid":"m","distinct_id":"d","properties":{"$is_identified":false,"$set":{"plan":"pro"}}}""");

        Assert.Equal([(EventType.Track, "m"), (EventType.Identify, "m:set")], batch.Events.Select(e => (e.Type, e.MessageId!)));
        Assert.Equal("d", batch.Events[1].AnonymousId);
        Assert.Single(Read("""{"event":"x","distinct_id":"d","properties":{"$set_once":{"$initial_referrer":"r"}}}""").Events);
    }

    [Theory]
    [InlineData("""[{"event":"a","properties":{"token":"k","distinct_id":"d"},"offset":1500}]""")]
    [InlineData("data=%5B%7B%22event%22%3A%22a%22%2C%22properties%22%3A%7B%22token%22%3A%22k%22%2C%22distinct_id%22%3A%22d%22%7D%2C%22offset%22%3A1500%7D%5D&ver=1")]
    [InlineData("data=W3siZXZlbnQiOiJhIiwicHJvcGVydGllcyI6eyJ0b2tlbiI6ImsiLCJkaXN0aW5jdF9pZCI6ImQifSwib2Zmc2V0IjoxNTAwfV0%3D")]
    public void Reads_what_browsers_send_plain_or_as_a_form(string body)
    {
        var bytes = PostHogBody.Unwrap(Encoding.UTF8.GetBytes(body));
        var read = Assert.Single(PostHogAdapter.Read(bytes).Events);
        var faults = EventFaults.None;

        Assert.Equal("k", PostHogBody.Key(bytes));
        Assert.Equal("d", read.UserId);
        Assert.Equal(1_800_000_000_000 - 1_500, Admission.Timestamp(read, 1_800_000_000_000, ref faults));
    }

    [Theory]
    [InlineData("5")]
    [InlineData("{")]
    [InlineData("[1")]
    [InlineData("""{"event":"x"} trailing""")]
    public void What_is_no_such_body_is_refused_as_a_whole(string body) => Assert.Equal(400, Read(body).Failure?.Status);

    [Fact]
    public void A_bad_element_fails_alone()
    {
        var batch = Read("""{"batch":[7,{"event":"x","distinct_id":"d"},{"distinct_id":"d","event":"y","properties":5},{"event":null,"distinct_id":"d"}]}""");

        Assert.Equal(JsonBody.NoObject, Assert.Single(batch.Refused).Reason);
        Assert.Equal(["x", "y", null], batch.Events.Select(e => e.Name));
    }

    private static IncomingBatch Read(string body) => PostHogAdapter.Read(Encoding.UTF8.GetBytes(body));

    private static IncomingEvent One(string body) => Assert.Single(Read(body).Events);

    private static JsonElement Json(IncomingEvent read) => JsonDocument.Parse(read.Body).RootElement;
}
