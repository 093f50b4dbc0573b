using System.Text.Json;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Deals;

/// <summary>What the cards of a board tell, over the real API.</summary>
[Collection(DealsCollection.Name)]
public sealed class BoardApiTests(DealsFixture crm)
{
    [Fact]
    public async Task Cards_show_their_heat_and_links_and_no_more_than_is_asked_for()
    {
        var made = (await crm.Ask("POST", "/api/v1/pipelines", """{"name":"Cards"}""")).Json;
        var (board, stage) = ($"/api/v1/pipelines/{made.GetProperty("id").GetString()}/board", made.GetProperty("stages")[0].GetProperty("id").GetString());
        var (user, company) = (Guid.NewGuid().ToString("N"), await crm.Make("company", """{"name":"Acme"}"""));
        var warm = await crm.Make("deal", $$"""{"name":"warm","stage":"{{stage}}","company":"{{company}}","customers":["u:{{user}}"],"description":"long"}""");
        await crm.Make("deal", $$"""{"name":"cold","stage":"{{stage}}"}""");
        await crm.Happens("track", $$"""{"userId":"{{user}}","event":"Product Added","properties":{"product_id":"p"} }""");

        var card = default(JsonElement);
        await Eventually.True(async () =>
        {
            card = (await Cards("?sort=heat&fields=name,company,recordVersion&expand=company"))[0];
            return card.TryGetProperty("heat", out _);
        }, "its card shows that it is warm", TimeSpan.FromSeconds(60));

        Assert.Equal(8, card.GetProperty("heat").GetDouble(), 0.2);
        Assert.Equal(["company", "heat", "id", "name", "recordVersion"], card.EnumerateObject().Select(m => m.Name).Order());
        Assert.Equal((warm, "Acme"), (card.GetProperty("id").GetString(), card.GetProperty("company").GetProperty("name").GetString()));
        var whole = await Cards("");
        Assert.Contains(whole, c => c.TryGetProperty("description", out var text) && text.GetString() == "long" && c.GetProperty("company").GetString() == company);
        Assert.False(whole.Single(c => c.GetProperty("name").GetString() == "cold").TryGetProperty("heat", out _));
        Assert.Equal(400, (await crm.Ask("GET", board + "?fields=nothing")).Status);
        Assert.Equal(400, (await crm.Ask("GET", board + "?expand=name")).Status);

        async Task<JsonElement[]> Cards(string query) =>
            [.. (await crm.Ask("GET", board + query)).Json.GetProperty("stages")[0].GetProperty("items").EnumerateArray()];
    }

    [Fact]
    public async Task Of_what_ended_a_board_shows_the_last_days_that_are_asked_for_and_sums_no_more()
    {
        var made = (await crm.Ask("POST", "/api/v1/pipelines", """{"name":"Ended"}""")).Json;
        var board = $"/api/v1/pipelines/{made.GetProperty("id").GetString()}/board";
        string Stage(string type) => made.GetProperty("stages").EnumerateArray().First(s => s.GetProperty("type").GetString() == type).GetProperty("id").GetString()!;
        await Make("new", "open", 400);
        await Make("lately", "won", 3);
        await Make("long ago", "won", 40);

        Assert.Equal(("new", 1), await Seen("open", "?closedDays=30"));
        Assert.Equal(("lately", 1), await Seen("won", "?closedDays=30"));
        Assert.Equal(("lately,long ago", 2), await Seen("won", "?closedDays=41"));
        Assert.Equal(("lately,long ago", 2), await Seen("won", ""));
        Assert.Equal(400, (await crm.Ask("GET", board + "?closedDays=x")).Status);
        Assert.Equal(400, (await crm.Ask("GET", board + "?closedDays=100000")).Status);

        async Task<string> Make(string name, string type, int daysBack)
        {
            var close = TimeProvider.System.GetUtcNow().AddDays(-daysBack);
            return await crm.Make("deal", $$"""{"name":"{{name}}","stage":"{{Stage(type)}}","closeDate":"{{close:yyyy-MM-dd}}"}""");
        }

        async Task<(string Names, int Count)> Seen(string type, string query)
        {
            var stage = (await crm.Ask("GET", board + query)).Json.GetProperty("stages").EnumerateArray().Single(s => s.GetProperty("id").GetString() == Stage(type));
            return (string.Join(',', stage.GetProperty("items").EnumerateArray().Select(d => d.GetProperty("name").GetString()).Order()), stage.GetProperty("count").GetInt32());
        }
    }

    [Fact]
    public async Task Lines_of_a_forecast_say_whose_they_are()
    {
        var made = (await crm.Ask("POST", "/api/v1/pipelines", """{"name":"Named"}""")).Json;
        var (pipeline, stage) = (made.GetProperty("id").GetString(), made.GetProperty("stages")[0].GetProperty("id").GetString());
        await crm.Make("deal", $$"""{"name":"one","stage":"{{stage}}","closeDate":"2037-03-04","owner":"gone","amount":{"amount":"7","currency":"USD"} }""");

        var named = (await crm.Ask("GET", $"/api/v1/forecast?from=2037-03&to=2037-03&by=pipeline&pipeline={pipeline}")).Json.GetProperty("items")[0];
        var unknown = (await crm.Ask("GET", $"/api/v1/forecast?from=2037-03&to=2037-03&by=owner&pipeline={pipeline}")).Json.GetProperty("items")[0];

        Assert.Equal(("Named", "gone"), (named.GetProperty("name").GetString(), unknown.GetProperty("owner").GetString()));
        Assert.False(unknown.TryGetProperty("name", out _));
    }
}
