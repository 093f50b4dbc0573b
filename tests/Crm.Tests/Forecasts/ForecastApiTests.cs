using System.Text.Json;
using Crm.Access;
using Crm.Deals;
using Crm.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Crm.Forecasts;

/// <summary>Forecasts, kept days and quotas over the real API.</summary>
[Collection(DealsCollection.Name)]
public sealed class ForecastApiTests(DealsFixture crm)
{
    [Fact]
    public async Task Sums_are_by_month_and_owner_weighted_and_committed()
    {
        var (pipeline, stages) = await Pipeline();
        var (ann, bob) = ("ann-" + pipeline, "bob-" + pipeline);
        await Deal(stages[0], "100", "2031-01-15", ann);
        await Deal(stages[1], "200.01", "2031-01-31", ann);
        await Deal(stages[0], "50", "2031-01-01", ann, """,{"winProbability":90}""");
        await Deal(stages[0], "1000", "2031-02-01", bob);
        await Deal(stages[0], "1", "2031-02-02", bob, """,{"amount":{"amount":"5000","currency":"JPY"}}""");
        await Deal(stages[0], "77", "2030-12-31", bob);
        var won = await Deal(stages[0], "300", "2031-01-05", ann);
        await Deal(stages[2], "400", "2020-01-05", ann);
        var lost = await Deal(stages[0], "9999", "2031-01-05", ann);
        Assert.Equal(200, (await crm.Ask("POST", $"/api/v1/deals/{lost}/lose")).Status);
        Assert.Equal(204, (await crm.Ask("PUT", "/api/v1/quotas", $$$"""{"items":[{"kind":"user","holder":"{{{ann}}}","month":"2031-01","amount":{"amount":"1000","currency":"USD"}}]}""")).Status);

        var forecast = (await crm.Ask("GET", $"/api/v1/forecast?from=2031-01&to=2031-02&by=owner&pipeline={pipeline}")).Json;

        var items = forecast.GetProperty("items").EnumerateArray().ToDictionary(i => (i.GetProperty("month").GetString(), i.GetProperty("owner").GetString()));
        Assert.Equal(2, items.Count);
        // 100 and 300 at 20 %, 200.01 at 60 %, 50 at 90 %.
        Assert.Equal(("650.01", "245.01", "50.00", "0.00"), Sums(items[("2031-01", ann)].GetProperty("worth")));
        Assert.Equal(("1000.00", "200.00", "0.00", "0.00"), Sums(items[("2031-02", bob)].GetProperty("worth")));
        Assert.Equal(1, items[("2031-02", bob)].GetProperty("withoutWorth").GetInt32());
        Assert.Equal(["JPY 5000", "USD 1000.00"], items[("2031-02", bob)].GetProperty("amounts").EnumerateArray().Select(a => $"{a.GetProperty("currency").GetString()} {a.GetProperty("open").GetString()}"));
        Assert.Equal("1000.00", items[("2031-01", ann)].GetProperty("quota").GetProperty("amount").GetString());
        Assert.Equal("1650.01", forecast.GetProperty("total").GetProperty("open").GetString());

        // Won, it counts in the month in which it was won.
        Assert.Equal(200, (await crm.Ask("POST", $"/api/v1/deals/{won}/win")).Status);
        var month = TimeProvider.System.GetUtcNow().ToString("yyyy-MM", System.Globalization.CultureInfo.InvariantCulture);
        var now = (await crm.Ask("GET", $"/api/v1/forecast?from={month}&to={month}&by=month&pipeline={pipeline}")).Json;
        Assert.Equal(("0.00", "0.00", "300.00", "300.00"), Sums(now.GetProperty("items")[0].GetProperty("worth")));
        Assert.Equal(("0.00", "0.00", "400.00", "400.00"), Sums((await crm.Ask("GET", $"/api/v1/forecast?from=2020-01&to=2020-01&pipeline={pipeline}")).Json.GetProperty("total")));
    }

    [Fact]
    public async Task A_day_is_kept_once_and_stays_as_it_was()
    {
        var (pipeline, stages) = await Pipeline();
        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(2);
        var month = Text(day.AddMonths(3), "yyyy-MM");
        var deal = await Deal(stages[0], "100", month + "-05", "ann");
        var keeper = crm.Services.GetRequiredService<IForecastKeeper>();

        var kept = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => keeper.Keep(day, 80, "USD")));
        Assert.Equal(200, (await crm.Ask("POST", $"/api/v1/deals/{deal}/move", $$"""{"stage":"{{stages[1]}}"}""")).Status);

        Assert.Single(kept, k => k);
        var asked = $"from={month}&to={month}&by=pipeline&pipeline={pipeline}";
        var then = (await crm.Ask("GET", $"/api/v1/forecast/snapshots?day={Text(day, "yyyy-MM-dd")}&{asked}")).Json;
        Assert.Equal(("100.00", "20.00", "0.00", "0.00"), Sums(then.GetProperty("total")));
        var now = (await crm.Ask("GET", $"/api/v1/forecast?{asked}")).Json;
        Assert.Equal(("100.00", "60.00", "0.00", "0.00"), Sums(now.GetProperty("total")));
        var days = await crm.Ask("GET", "/api/v1/forecast/snapshots?limit=1");
        Assert.Equal(Text(day, "yyyy-MM-dd"), days.Data()[0].GetProperty("day").GetString());
        Assert.Equal(404, (await crm.Ask("GET", $"/api/v1/forecast/snapshots?day={Text(day.AddDays(-1), "yyyy-MM-dd")}&{asked}")).Status);
        await Eventually.True(async () => (await crm.Ask("GET", "/api/v1/forecast/snapshots")).Data().Count >= 2, "today is kept by the silo");
    }

    private static string Text(DateOnly day, string format) => day.ToString(format, System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("from=2026-01&to=2025-12")]
    [InlineData("from=2026-01&to=2029-01")]
    [InlineData("from=2026-1&to=2026-02")]
    [InlineData("from=2026-01&to=2026-02&by=colour")]
    public async Task What_cannot_be_asked_is_told(string query) => Assert.Equal(400, (await crm.Ask("GET", "/api/v1/forecast?" + query)).Status);

    [Fact]
    public async Task Quotas_are_set_taken_away_and_checked()
    {
        const string Months = "from=2033-01&to=2033-03";
        Assert.Equal(204, (await crm.Ask("PUT", "/api/v1/quotas", """{"items":[{"kind":"team","holder":"t1","month":"2033-01","amount":{"amount":"5","currency":"EUR"}},{"kind":"team","holder":"t1","month":"2033-02","amount":{"amount":"6","currency":"EUR"}}]}""")).Status);
        Assert.Equal(204, (await crm.Ask("PUT", "/api/v1/quotas", """{"items":[{"kind":"team","holder":"t1","month":"2033-01","amount":null}]}""")).Status);
        var left = Assert.Single((await crm.Ask("GET", "/api/v1/quotas?" + Months)).Json.GetProperty("items").EnumerateArray());
        Assert.Equal(("2033-02", "6.00"), (left.GetProperty("month").GetString(), left.GetProperty("amount").GetProperty("amount").GetString()));
        Assert.Equal(422, (await crm.Ask("PUT", "/api/v1/quotas", """{"items":[{"kind":"dog","holder":"t1","month":"2033-01"}]}""")).Status);
    }

    private static (string?, string?, string?, string?) Sums(JsonElement sums) =>
        (sums.GetProperty("open").GetString(), sums.GetProperty("weighted").GetString(), sums.GetProperty("committed").GetString(), sums.GetProperty("won").GetString());

    private async Task<(string Pipeline, string[] Stages)> Pipeline()
    {
        var made = (await crm.Ask("POST", "/api/v1/pipelines", """{"name":"Forecast"}""")).Json;
        return (made.GetProperty("id").GetString()!, [.. made.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("id").GetString()!)]);
    }

    private Task<string> Deal(string stage, string amount, string close, string owner, string more = "")
    {
        var fields = $$$"""{"name":"F","stage":"{{{stage}}}","amount":{"amount":"{{{amount}}}","currency":"USD"},"closeDate":"{{{close}}}","owner":"{{{owner}}}"}""";
        if (more.Length > 0)
        {
            var both = System.Text.Json.Nodes.JsonNode.Parse(fields)!.AsObject();
            foreach (var (name, value) in System.Text.Json.Nodes.JsonNode.Parse(more[1..])!.AsObject()) both[name] = value?.DeepClone();
            fields = both.ToJsonString();
        }

        return crm.Make("deal", fields);
    }
}
