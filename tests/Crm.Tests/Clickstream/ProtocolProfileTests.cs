using System.Text;
using Crm.Customers;
using Crm.Infrastructure;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Crm.Clickstream;

/// <summary>What other protocols' clients send, all the way to the live customer, on two silos and a real database.</summary>
public sealed class ProtocolProfileTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    [Fact]
    public async Task A_PostHog_session_of_browser_and_server_becomes_one_customer()
    {
        var (ada, visitor) = (crm.NewId(), crm.NewId());

        await Happen(PostHogAdapter.Read(Utf8($$"""
            [{"uuid":"1{{ada}}","event":"$pageview","properties":{"distinct_id":"{{visitor}}","$device_id":"{{visitor}}","$is_identified":false} },
             {"uuid":"2{{ada}}","event":"Product Viewed","properties":{"distinct_id":"{{visitor}}","$is_identified":false,"product_id":"p1"} }]
            """)));
        var server = PostHogAdapter.Read(Utf8($$"""
            {"batch":[
              {"uuid":"3{{ada}}","event":"Checkout Started","distinct_id":"{{visitor}}"},
              {"uuid":"4{{ada}}","event":"$identify","distinct_id":"{{ada}}","properties":{"$set":{"email":"{{ada}}@example.com"},"$set_once":{"plan":"free"},"$anon_distinct_id":"{{visitor}}"} },
              {"uuid":"5{{ada}}","event":"Order Completed","distinct_id":"{{ada}}","properties":{"order_id":"1","revenue":"12.30","currency":"EUR","products":[{"product_id":"p1","quantity":2}]} },
              {"uuid":"6{{ada}}","event":"$groupidentify","distinct_id":"{{ada}}","properties":{"$group_type":"company","$group_key":"acme","$group_set":{"name":"ACME"} } }]}
            """));
        await Happen(server);
        await Happen(server);

        var profile = (await crm.Profile("u:" + ada))!;
        Assert.Equal(["a:" + visitor, "u:" + visitor], profile.Merges.Select(m => m.Source).Order());
        Assert.Equal(new Dictionary<string, long> { ["Product Viewed"] = 1, ["Checkout Started"] = 1, ["Order Completed"] = 1 }, profile.CountsByEvent);
        Assert.Equal((12.30m, 2L), (profile.Revenue["EUR"], profile.Products.Purchased["p1"]));
        Assert.Equal("\"free\"", profile.Traits["plan"]);
        Assert.Equal("\"ACME\"", profile.Groups["acme"]["name"]);
    }

    [Fact]
    public async Task A_PostHog_alias_brings_what_came_under_the_earlier_id()
    {
        var (ada, old) = (crm.NewId(), crm.NewId());

        await Happen(PostHogAdapter.Read(Utf8($$"""
            {"batch":[{"uuid":"1{{ada}}","event":"Seen","distinct_id":"{{old}}"},
              {"uuid":"2{{ada}}","event":"$create_alias","distinct_id":"{{ada}}","properties":{"distinct_id":"{{ada}}","alias":"{{old}}"} },
              {"uuid":"3{{ada}}","event":"Seen","distinct_id":"{{old}}"}]}
            """)));

        Assert.Equal(2, (await crm.Profile("u:" + ada))!.CountsByEvent["Seen"]);
        Assert.Equal("u:" + ada, (await crm.Profile("u:" + old))!.Id);
    }

    [Fact]
    public async Task A_Snowplow_order_is_whole_though_its_items_come_one_by_one_and_twice()
    {
        var (ada, visitor) = (crm.NewId(), crm.NewId());
        IncomingBatch Sent(string events) => SnowplowAdapter.Read(Utf8($$"""{"schema":"s","data":[{{events}}]}"""));
        var ids = $"\"duid\":\"{visitor}\",\"uid\":\"{ada}\"";

        await Happen(Sent($$"""{"e":"pv","eid":"1{{ada}}","duid":"{{visitor}}","url":"http://x/"}"""));
        await Happen(Sent($$"""{"e":"ti","eid":"2{{ada}}",{{ids}},"ti_id":"o1","ti_sk":"p1","ti_pr":"8.5","ti_qu":"2"}"""));
        var rest = Sent($$"""
            {"e":"tr","eid":"3{{ada}}",{{ids}},"tr_id":"o1","tr_tt":"20","tr_tx":"1","tr_sh":"2","tr_cu":"EUR"},
            {"e":"ti","eid":"4{{ada}}",{{ids}},"ti_id":"o1","ti_sk":"p2","ti_qu":"1"}
            """);
        await Happen(rest);
        await Happen(rest);

        var profile = (await crm.Profile("u:" + ada))!;
        Assert.Equal((1, 17m, 20m), (profile.Orders, profile.Revenue["EUR"], profile.OrderTotal["EUR"]));
        Assert.Equal((2L, 1L), (profile.Products.Purchased["p1"], profile.Products.Purchased["p2"]));
        Assert.Equal(["a:" + visitor], profile.Merges.Select(m => m.Source));
        Assert.Equal(1, profile.CountsByType["page"]);
    }

    [Fact]
    public async Task A_CloudEvent_counts_once_by_source_and_id()
    {
        var ada = crm.NewId();
        IncomingBatch Sent(string source) => CloudEventsAdapter.Read(new DefaultHttpContext().Request, Utf8(
            $$"""{"specversion":"1.0","id":"1","source":"{{source}}","type":"com.shop.order.completed","subject":"{{ada}}","data":{"order_id":"{{source}}","revenue":5} }"""));

        await Happen(Sent("/a"));
        await Happen(Sent("/a"));
        await Happen(Sent("/b"));

        var profile = (await crm.Profile("u:" + ada))!;
        Assert.Equal((2, 10m), (profile.Orders, profile.Revenue["USD"]));
        Assert.Equal(2, profile.CountsByEvent["com.shop.order.completed"]);
    }

    private Task Happen(IncomingBatch batch)
    {
        Assert.Null(batch.Failure);
        Assert.Empty(batch.Refused);
        return crm.Happen([.. batch.Events.Select(e => Admission.Admit(e, "test", TimeProvider.System.GetUtcNow(), out _)!)]);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
