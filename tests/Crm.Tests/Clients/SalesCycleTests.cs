using System.Text.Json;
using Crm.Deals;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Clients;

/// <summary>
/// The description is a valid OpenAPI 3.1 document, and all that a client needs: one that knows nothing else performs a sales cycle, and
/// holds each request and answer against it.
/// </summary>
public sealed class SalesCycleTests(DealsFixture crm) : IClassFixture<DealsFixture>
{
    [NodeFact]
    public async Task A_client_written_from_the_description_alone_performs_a_full_sales_cycle()
    {
        var (code, said) = await Node.Run(JsonSerializer.Serialize(new { url = crm.Address.TrimEnd('/'), tag = Guid.NewGuid().ToString("N")[..8] }), "cycle.mjs");

        Assert.True(code == 0, said);
        var made = JsonDocument.Parse(said).RootElement;
        var (deal, order) = (made.GetProperty("deal").GetString()!, made.GetProperty("order").GetString()!);
        Assert.Equal("won", (string)(await crm.Fields("deal", deal))["status"]!);
        Assert.Equal(order, (string)(await crm.Fields("deal", deal))["orderId"]!);
        Assert.Equal(deal, (string)(await crm.Fields("order", order))["deal"]!);
        Assert.Equal(1, await crm.Database.Ask<long>($"SELECT count(*) FROM sales_order WHERE state ->> 'deal' = '{deal}'"));
        Assert.InRange(made.GetProperty("operations").GetArrayLength(), 30, 100);
    }
}
