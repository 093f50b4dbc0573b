using Crm.Deals;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Orders;

/// <summary>Events of shops become orders that people find and work with.</summary>
[Collection(DealsCollection.Name)]
public sealed class OrdersOfEventsTests(DealsFixture crm)
{
    [Fact]
    public async Task An_order_is_there_once_whoever_the_visitor_turns_out_to_be()
    {
        var (user, visitor, number) = (Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N"), "A-" + Guid.NewGuid().ToString("N")[..8]);
        var completed = $$"""
            {"anonymousId":"{{visitor}}","messageId":"m-{{number}}","event":"Order Completed",
             "properties":{"order_id":"{{number}}","total":"24.90","currency":"EUR","products":[{"product_id":"tea","name":"Green tea","price":"12.45","quantity":2}]} }
            """;
        await crm.Happens("track", completed);
        await crm.Happens("track", completed);
        await crm.Happens("identify", $$"""{"userId":"{{user}}","anonymousId":"{{visitor}}"}""");
        await crm.Happens("track", $$"""{"userId":"{{user}}","event":"Order Completed","properties":{"order_id":"{{number}}-2","total":10,"currency":"EUR"} }""");
        await crm.Happens("track", $$"""{"anonymousId":"{{visitor}}","event":"Order Refunded","properties":{"order_id":"{{number}}","total":"4.90","currency":"EUR"} }""");

        var order = default(System.Text.Json.JsonElement);
        await Eventually.True(
            async () =>
            {
                var found = await crm.Ask("GET", $"/api/v1/orders?filter=number%20^=%20\"{number}\"&sort=number&count=true");
                if (found.Json.GetProperty("count").GetInt64() != 2) return false;
                order = found.Json.GetProperty("items")[0];
                return order.GetProperty("paymentState").GetString() == "partly_refunded" && order.GetProperty("customer").GetString() == "u:" + user;
            },
            "both orders are there, the first one refunded in part", TimeSpan.FromSeconds(30));
        Assert.Equal(("24.90", "4.90", "completed", "events"), (
            Amount(order, "total"), Amount(order, "refunded"), order.GetProperty("status").GetString(), order.GetProperty("createdBy").GetString()));
        Assert.Equal("Green tea", order.GetProperty("lines")[0].GetProperty("name").GetString());
        Assert.Equal(1, order.GetProperty("refunds").GetArrayLength());
        Assert.False(order.TryGetProperty("told", out _));
        Assert.Equal(0, await crm.Database.Ask<long>($"SELECT count(*) FROM order_due WHERE lane IN ('u:{user}', 'a:{visitor}')"));

        // What people do with it holds, and what events tell is no edit that would meet theirs.
        var path = "/api/v1/orders/" + order.GetProperty("id").GetString();
        var version = order.GetProperty("recordVersion").GetInt64();
        Assert.Equal(200, (await crm.Ask("PATCH", path, """{"description":"A present"}""")).Status);
        await crm.Happens("track", $$"""{"userId":"{{user}}","event":"Looked"}""");
        await crm.Happens("track", $$"""{"anonymousId":"{{visitor}}","event":"Order Refunded","properties":{"order_id":"{{number}}","total":"20","currency":"EUR"} }""");
        await Eventually.True(async () => (await crm.Ask("GET", path)).Text("status") == "refunded", "the rest is refunded", TimeSpan.FromSeconds(30));
        var now = (await crm.Ask("GET", path)).Json;
        Assert.Equal((version + 1, "A present"), (now.GetProperty("recordVersion").GetInt64(), now.GetProperty("description").GetString()));
        var timeline = await crm.Ask("GET", $"/api/v1/customers/u:{user}/timeline?kinds=order");
        Assert.Equal(2, timeline.Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Who_is_erased_leaves_no_order_that_names_them()
    {
        var (user, number) = (Guid.NewGuid().ToString("N"), "E-" + Guid.NewGuid().ToString("N")[..8]);
        await crm.Happens("track", $$"""{"userId":"{{user}}","event":"Order Completed","properties":{"order_id":"{{number}}","total":10,"currency":"EUR"} }""");
        await Eventually.True(async () => await crm.Database.Ask<long>($"SELECT count(*) FROM sales_order WHERE customer = 'u:{user}'") == 1, "it is there", TimeSpan.FromSeconds(30));
        Assert.True((await crm.Ask("DELETE", "/v1/customers/u:" + user)).Status is 200 or 202);
        await Eventually.True(async () => await crm.Database.Ask<long>($"SELECT count(*) FROM sales_order WHERE state::text LIKE '%{user}%'") == 0, "it names nobody", TimeSpan.FromSeconds(60));
        Assert.Equal(0, await crm.Database.Ask<long>($"SELECT count(*) FROM sales_order WHERE state::text LIKE '%{number}%'"));
    }

    private static string? Amount(System.Text.Json.JsonElement order, string name) => order.GetProperty(name).GetProperty("amount").GetString();
}
