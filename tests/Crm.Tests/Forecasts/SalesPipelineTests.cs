using System.Globalization;
using System.Text.Json;
using Crm.Deals;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Forecasts;

/// <summary>
/// Deals of a public data set, loaded by HTTP: what lists, boards and forecasts say is what the file says. A sample of it; with
/// <c>./test --full</c> all 8,800.
/// </summary>
public sealed class SalesPipelineTests(DealsFixture crm) : IClassFixture<DealsFixture>
{
    [DataFact]
    public async Task Counts_sums_and_forecasts_are_those_of_the_file()
    {
        var file = new SalesFile(new FullFactAttribute().Skip is null);
        Assert.Equal((8_800, 85, 7, 35), (file.Size, file.Accounts.Count, file.Prices.Count, file.Agents.Count));
        var load = new SalesLoad(crm);
        await load.Run(file);
        var deals = file.Opportunities;

        Assert.Equal(deals.Count, (await crm.Ask("GET", "/api/v1/deals?limit=1&count=true")).Json.GetProperty("count").GetInt32());
        await BoardAgrees(null, deals);
        foreach (var agent in deals.GroupBy(d => d.Agent)) await BoardAgrees($"owner = \"{load.Users[agent.Key]}\"", [.. agent]);
        foreach (var product in deals.GroupBy(d => d.Product)) await BoardAgrees($"custom.product = \"{load.Products[product.Key]}\"", [.. product]);
        foreach (var account in deals.Where(d => d.Account.Length > 0).GroupBy(d => d.Account).Take(5)) await BoardAgrees($"company = \"{load.Companies[account.Key]}\"", [.. account]);
        foreach (var quarter in deals.Where(d => d.Close is not null).GroupBy(d => (d.Close!.Value.Year, (d.Close.Value.Month - 1) / 3)))
        {
            var from = new DateOnly(quarter.Key.Year, (quarter.Key.Item2 * 3) + 1, 1);
            await BoardAgrees($"closeDate >= {Text(from)} and closeDate < {Text(from.AddMonths(3))}", [.. quarter]);
        }

        await ForecastAgrees("owner", deals, d => load.Users[d.Agent]);
        await ForecastAgrees("team", deals, d => load.Teams[d.Agent]);
        Assert.Equal(load.Won, (await crm.Ask("GET", "/api/v1/orders?limit=1&count=true")).Json.GetProperty("count").GetInt32());
    }

    private async Task BoardAgrees(string? filter, IReadOnlyList<Opportunity> deals)
    {
        var answer = await crm.Ask("GET", "/api/v1/pipelines/default/board?sort=amount&limit=1" + (filter is null ? "" : "&filter=" + Uri.EscapeDataString(filter)));
        Assert.True(answer.Status == 200, $"{filter}: {answer.Json}");
        var board = answer.Json.GetProperty("stages").EnumerateArray().ToDictionary(s => s.GetProperty("id").GetString()!);
        foreach (var (name, (id, chance)) in SalesLoad.Stages)
        {
            var own = deals.Where(d => d.Stage == name).ToArray();
            Assert.Equal((filter, own.Length), (filter, board[id].GetProperty("count").GetInt32()));
            Assert.Equal(own.Sum(d => d.Amount), Money(board[id], "worth"));
            Assert.Equal(own.Sum(d => d.Amount) * chance / 100, Money(board[id], "weighted"));
        }
    }

    private async Task ForecastAgrees(string by, IReadOnlyList<Opportunity> deals, Func<Opportunity, string> key)
    {
        var forecast = (await crm.Ask("GET", "/api/v1/forecast?from=2016-01&to=2018-12&by=" + by)).Json.GetProperty("items").EnumerateArray()
            .ToDictionary(i => (i.GetProperty("month").GetString()!, i.GetProperty(by).GetString()!), i => i.GetProperty("worth"));
        var expected = deals.Where(d => d.Close is not null && d.Stage != "Lost")
            .GroupBy(d => (d.Close!.Value.ToString("yyyy-MM", CultureInfo.InvariantCulture), key(d))).ToArray();

        Assert.Equal(expected.Select(g => g.Key).Order(), forecast.Keys.Order());
        foreach (var group in expected)
        {
            var sums = forecast[group.Key];
            Assert.Equal(group.Where(d => d.Stage != "Won").Sum(d => d.Amount), Number(sums, "open"));
            Assert.Equal(group.Where(d => d.Stage != "Won").Sum(d => d.Amount * SalesLoad.Stages[d.Stage].Chance / 100), Number(sums, "weighted"));
            Assert.Equal(group.Where(d => d.Stage == "Won").Sum(d => d.Amount), Number(sums, "won"));
            Assert.Equal(group.Where(d => d.Stage == "Won").Sum(d => d.Amount), Number(sums, "committed"));
        }
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static decimal Money(JsonElement stage, string name) => Number(stage.GetProperty(name), "amount");

    private static decimal Number(JsonElement sums, string name) => decimal.Parse(sums.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);
}
