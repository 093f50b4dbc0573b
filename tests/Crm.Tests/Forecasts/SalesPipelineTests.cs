using System.Globalization;
using System.Text.Json;
using Crm.Deals;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Forecasts;

/// <summary>8,800 deals of a public data set: what the boards and forecasts say is what the file says.</summary>
public sealed class SalesPipelineTests(DealsFixture crm) : IClassFixture<DealsFixture>
{
    private static readonly Dictionary<string, (string Stage, decimal Chance)> s_stages = new()
    {
        ["Prospecting"] = ("prospecting", 10), ["Engaging"] = ("engaging", 30), ["Won"] = ("won", 100), ["Lost"] = ("lost", 0),
    };

    [DataFact]
    public async Task Counts_sums_and_forecasts_are_those_of_the_file()
    {
        var deals = Read();
        Assert.Equal(8_800, deals.Count);
        await Parallel.ForEachAsync(deals, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (deal, _) => await crm.Make("deal", deal.Json()));

        var board = (await crm.Ask("GET", "/api/v1/pipelines/default/board?sort=amount&limit=1")).Json.GetProperty("stages").EnumerateArray().ToDictionary(s => s.GetProperty("id").GetString()!);
        foreach (var (name, (id, chance)) in s_stages)
        {
            var own = deals.Where(d => d.Stage == name).ToArray();
            Assert.Equal(own.Length, board[id].GetProperty("count").GetInt32());
            Assert.Equal(own.Sum(d => d.Amount ?? 0), Money(board[id], "worth"));
            Assert.Equal(own.Sum(d => d.Amount ?? 0) * chance / 100, Money(board[id], "weighted"));
        }

        foreach (var agent in deals.Select(d => d.Agent).Distinct())
        {
            var stages = (await crm.Ask("GET", $"/api/v1/pipelines/default/board?limit=1&filter={Uri.EscapeDataString($"owner = '{agent}'")}")).Json.GetProperty("stages");
            Assert.Equal(deals.Count(d => d.Agent == agent), stages.EnumerateArray().Sum(s => s.GetProperty("count").GetInt32()));
        }

        await ForecastsAgree(deals);
    }

    private async Task ForecastsAgree(List<Deal> deals)
    {
        var forecast = (await crm.Ask("GET", "/api/v1/forecast?from=2016-01&to=2018-12&by=owner")).Json.GetProperty("items").EnumerateArray()
            .ToDictionary(i => (i.GetProperty("month").GetString()!, i.GetProperty("owner").GetString()!), i => i.GetProperty("worth"));
        var expected = deals.Where(d => d.Close is not null && d.Stage != "Lost").GroupBy(d => (d.Close!.Value.ToString("yyyy-MM", CultureInfo.InvariantCulture), d.Agent)).ToArray();

        Assert.Equal(expected.Select(g => g.Key).Order(), forecast.Keys.Order());
        foreach (var group in expected)
        {
            var sums = forecast[group.Key];
            Assert.Equal(group.Where(d => d.Stage != "Won").Sum(d => d.Amount ?? 0), Number(sums, "open"));
            Assert.Equal(group.Where(d => d.Stage != "Won").Sum(d => (d.Amount ?? 0) * s_stages[d.Stage].Chance / 100), Number(sums, "weighted"));
            Assert.Equal(group.Where(d => d.Stage == "Won").Sum(d => d.Amount ?? 0), Number(sums, "won"));
            Assert.Equal(group.Where(d => d.Stage == "Won").Sum(d => d.Amount ?? 0), Number(sums, "committed"));
        }
    }

    private static decimal Money(JsonElement stage, string name) => Number(stage.GetProperty(name), "amount");

    private static decimal Number(JsonElement sums, string name) => decimal.Parse(sums.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    private static List<Deal> Read()
    {
        var folder = Path.Combine(DataFactAttribute.Folder, "crm_sales_pipeline");
        var prices = File.ReadLines(Path.Combine(folder, "products.csv")).Skip(1).Select(l => l.Split(','))
            .ToDictionary(p => p[0].Replace(" ", "", StringComparison.Ordinal), p => decimal.Parse(p[2], CultureInfo.InvariantCulture));
        return [.. File.ReadLines(Path.Combine(folder, "sales_pipeline.csv")).Skip(1).Where(l => l.Length > 0).Select(l => l.Split(',')).Select(c => Of(c, prices))];
    }

    // What is open has neither a day nor a value in the file: it is expected ninety days after it began, at its product's price.
    private static Deal Of(string[] cells, Dictionary<string, decimal> prices)
    {
        var (engaged, closed) = (Day(cells[5]), Day(cells[6]));
        decimal? value = cells[7].Length > 0 ? decimal.Parse(cells[7], CultureInfo.InvariantCulture) : prices[cells[2].Replace(" ", "", StringComparison.Ordinal)];
        return new Deal(cells[0], cells[1], cells[2], cells[4], closed ?? engaged?.AddDays(90), value);
    }

    private static DateOnly? Day(string text) => text.Length == 0 ? null : DateOnly.ParseExact(text, "dd-MM-yyyy", CultureInfo.InvariantCulture);

    private sealed record Deal(string Id, string Agent, string Product, string Stage, DateOnly? Close, decimal? Amount)
    {
        public string Json() => JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["externalId"] = Id, ["name"] = $"{Product} {Id}", ["owner"] = Agent, ["stage"] = s_stages[Stage].Stage,
            ["amount"] = new { amount = Amount!.Value.ToString(CultureInfo.InvariantCulture), currency = "USD" },
            ["closeDate"] = Close?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        });
    }
}
