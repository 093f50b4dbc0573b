using Crm.Access;
using Crm.Forecasts;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Crm.Deals;

/// <summary>Sums are a door like any other: they hold what may be read, and nothing else.</summary>
[Collection(DealsCollection.Name)]
public sealed class DealAccessTests(DealsFixture crm)
{
    [Fact]
    public async Task Boards_and_forecasts_sum_what_may_be_read()
    {
        var (mine, theirs, team) = (NewId(), NewId(), NewId());
        await Deal($$"""{"name":"1","owner":"{{mine}}","amount":{"amount":"1","currency":"USD"},"closeDate":"2035-01-05"}""");
        await Deal($$"""{"name":"2","owner":"{{theirs}}","team":"{{team}}","amount":{"amount":"20","currency":"USD"},"closeDate":"2035-01-05"}""");
        await Deal($$"""{"name":"3","owner":"{{theirs}}","amount":{"amount":"300","currency":"USD"},"closeDate":"2035-01-05"}""");

        Assert.Equal((1m, 1m, 1), await Sums(new Reach(false, mine, [])));
        Assert.Equal((21m, 21m, 2), await Sums(new Reach(false, mine, [team])));
        Assert.Equal((0m, 0m, 0), await Sums(new Reach(false, null, [])));
    }

    private async Task<(decimal Board, decimal Forecast, int Cards)> Sums(Reach whose)
    {
        var pipeline = (await crm.Services.GetRequiredService<IPipelines>().Now()).Find("default")!;
        var board = await crm.Services.GetRequiredService<DealBoards>().Read(new BoardQuery(pipeline, whose));
        var month = new DateOnly(2035, 1, 1);
        var forecast = await crm.Services.GetRequiredService<Forecasts.Forecasts>().Read(new ForecastQuery(month, month, ForecastBy.Owner, whose) { CommittedFrom = 80 });
        return (board.SelectMany(s => s.Sums).Sum(s => s.Amount), forecast.Sum(p => p.Amount.Open), board.Sum(s => s.Cards.Count));
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private Task<string> Deal(string fields) => crm.Make("deal", fields);
}
