using System.Text.Json;
using Crm.Access;
using Crm.Records;
using Xunit;

namespace Crm.Deals;

/// <summary>Pipelines, moves and boards over the real API, a silo and a database.</summary>
[Collection(DealsCollection.Name)]
public sealed class PipelineApiTests(DealsFixture crm)
{
    [Fact]
    public async Task The_default_pipeline_is_there_and_a_new_one_can_be_used_at_once()
    {
        var all = (await crm.Ask("GET", "/api/v1/pipelines")).Json.GetProperty("items");
        Assert.Equal("default", all[0].GetProperty("id").GetString());
        Assert.Equal(["prospecting", "engaging", "proposal", "negotiation", "won", "lost"], all[0].GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("id").GetString()!));

        var made = await Pipeline("""["Too dear"]""");
        var deal = await crm.Make("deal", $$"""{"name":"New","stage":"{{Stage(made, 1)}}"}""");

        Assert.Equal(made.GetProperty("id").GetString(), (string)(await crm.Fields("deal", deal))["pipeline"]!);
    }

    [Fact]
    public async Task A_stage_in_use_goes_only_with_a_place_for_its_deals()
    {
        var pipeline = await Pipeline();
        var (id, first, second) = (pipeline.GetProperty("id").GetString(), Stage(pipeline, 0), Stage(pipeline, 1));
        var deals = new[] { await crm.Make("deal", $$"""{"name":"1","stage":"{{first}}"}"""), await crm.Make("deal", $$"""{"name":"2","stage":"{{first}}"}""") };
        await crm.Grains.Record("deal", deals[1]).SetDeleted(true, null, DealsFixture.Cause());

        var refused = await crm.Ask("DELETE", $"/api/v1/pipelines/{id}/stages/{first}");
        Assert.Equal((409, "urn:crm:problem:stage-in-use"), (refused.Status, refused.Text("type")));
        Assert.Contains("2 deals", refused.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(409, (await crm.Ask("DELETE", $"/api/v1/pipelines/{id}")).Status);
        Assert.Equal(422, (await crm.Ask("DELETE", $"/api/v1/pipelines/{id}/stages/{first}?moveTo={first}")).Status);

        var gone = await crm.Ask("DELETE", $"/api/v1/pipelines/{id}/stages/{first}?moveTo={second}");
        Assert.Equal(200, gone.Status);
        foreach (var deal in deals) Assert.Equal(second, (string)(await crm.Fields("deal", deal))["stage"]!);

        Assert.Equal(204, (await crm.Ask("DELETE", $"/api/v1/pipelines/{id}?moveTo=engaging")).Status);
        Assert.Equal("engaging", (string)(await crm.Fields("deal", deals[0]))["stage"]!);
        Assert.Equal(404, (await crm.Ask("GET", $"/api/v1/pipelines/{id}")).Status);
    }

    [Fact]
    public async Task A_stage_that_just_went_takes_no_deal_however_late_the_silo_hears_of_it()
    {
        var pipeline = await Pipeline();
        var first = Stage(pipeline, 0);
        Assert.Equal(200, (await crm.Ask("DELETE", $"/api/v1/pipelines/{pipeline.GetProperty("id").GetString()}/stages/{first}")).Status);

        // Whether its copy still has the stage or not: the deal is not made.
        try
        {
            var answer = await crm.Grains.Record("deal", "de_" + Guid.NewGuid().ToString("N")).Create($$"""{"name":"Late","stage":"{{first}}"}""", DealsFixture.Cause());
            Assert.Equal(RecordRefusal.BadFields, answer.Refusal);
        }
        catch (Customers.StoreUnavailableException)
        {
            // The database refused it.
        }

        Assert.Equal(0, await Count($"SELECT count(*) FROM deal WHERE stage = '{first}'"));
    }

    [Theory]
    [InlineData("""{"name":"","stages":[]}""")]
    [InlineData("""{"name":"X","stages":[{"name":"A","type":"open"},{"name":"W","type":"won"}]}""")]
    [InlineData("""{"name":"X","stages":[{"name":"A","type":"open","required":["nofield"]},{"name":"W","type":"won"},{"name":"L","type":"lost"}]}""")]
    [InlineData("""{"name":"X","stages":[{"name":"A","type":"open","probability":101},{"name":"W","type":"won"},{"name":"L","type":"lost"}]}""")]
    [InlineData("""{"name":"X","colour":"red"}""")]
    public async Task What_a_pipeline_cannot_be_is_named(string body) => Assert.Equal(422, (await crm.Ask("POST", "/api/v1/pipelines", body)).Status);

    [Fact]
    public async Task Only_administrators_change_pipelines_and_nobody_by_an_old_version()
    {
        var key = await crm.Key([Scopes.Read, Scopes.Ingest]);
        Assert.Equal(200, (await crm.Ask("GET", "/api/v1/pipelines", key: key)).Status);
        Assert.Equal(403, (await crm.Ask("POST", "/api/v1/pipelines", """{"name":"No"}""", key)).Status);
        var id = (await Pipeline()).GetProperty("id").GetString();
        Assert.Equal(200, (await crm.Ask("PATCH", $"/api/v1/pipelines/{id}", """{"name":"Renamed"}""", null, ("If-Match", "\"1\""))).Status);
        Assert.Equal(412, (await crm.Ask("PATCH", $"/api/v1/pipelines/{id}", """{"name":"Again"}""", null, ("If-Match", "\"1\""))).Status);
    }

    [Fact]
    public async Task A_deal_moves_over_http_and_the_second_editor_is_told()
    {
        var deal = await crm.Make("deal", """{"name":"Big","amount":{"amount":"1000","currency":"USD"}}""");
        var moved = await crm.Ask("POST", $"/api/v1/deals/{deal}/moves", """{"stage":"proposal"}""", null, ("If-Match", "\"1.1\""));
        Assert.Equal((200, "proposal"), (moved.Status, moved.Text("stage")));

        var late = await crm.Ask("POST", $"/api/v1/deals/{deal}/move", """{"stage":"engaging"}""", null, ("If-Match", "\"1.1\""));
        Assert.Equal((412, "proposal"), (late.Status, late.Json.GetProperty("current").GetProperty("stage").GetString()));
        Assert.Equal(422, (await crm.Ask("POST", $"/api/v1/deals/{deal}/move", """{"stage":"nowhere"}""")).Status);
        Assert.Equal(404, (await crm.Ask("POST", "/api/v1/deals/de_none/move", """{"stage":"engaging"}""")).Status);
        Assert.Equal(422, (await crm.Ask("POST", $"/api/v1/deals/{deal}/lose", """{"reason":"Weather"}""")).Status);
        Assert.Equal("lost", (await crm.Ask("POST", $"/api/v1/deals/{deal}/lose", """{"reason":"Price"}""")).Text("status"));
        Assert.Equal(409, (await crm.Ask("POST", $"/api/v1/deals/{deal}/win")).Status);
        Assert.Equal("proposal", (await crm.Ask("POST", $"/api/v1/deals/{deal}/reopen")).Text("stage"));
    }

    [Fact]
    public async Task Parallel_wins_win_once_and_make_one_order_also_when_it_is_won_again()
    {
        var deal = await crm.Make("deal", """{"name":"Race","lines":[{"name":"x","quantity":2,"price":{"amount":"10","currency":"USD"}}]}""");

        var wins = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => crm.Ask("POST", $"/api/v1/deals/{deal}/win")));

        Assert.All(wins, w => Assert.Equal((200, "won"), (w.Status, w.Text("status"))));
        Assert.Equal(1, await Count($"SELECT count(*) FROM audit WHERE record = '{deal}' AND action = 'win'"));
        var id = Assert.Single(wins.Select(w => w.Text("orderId")).Distinct());
        var order = (await crm.Ask("GET", $"/api/v1/orders/{id}")).Json;
        Assert.Equal(("20.00", 1, deal), (order.GetProperty("total").GetProperty("amount").GetString(), order.GetProperty("lines").GetArrayLength(), order.GetProperty("deal").GetString()));

        Assert.Equal(200, (await crm.Ask("POST", $"/api/v1/deals/{deal}/reopen")).Status);
        Assert.Equal(id, (await crm.Ask("POST", $"/api/v1/deals/{deal}/win")).Text("orderId"));
        Assert.Equal(1, await Count($"SELECT count(*) FROM sales_order WHERE state ->> 'deal' = '{deal}'"));
    }

    [Fact]
    public async Task A_board_counts_sums_and_leafs()
    {
        var pipeline = await Pipeline();
        var (id, first, second) = (pipeline.GetProperty("id").GetString(), Stage(pipeline, 0), Stage(pipeline, 1));
        for (var i = 1; i <= 5; i++)
            await crm.Make("deal", $$$"""{"name":"D{{{i}}}","stage":"{{{first}}}","amount":{"amount":"{{{i}}}00.50","currency":"USD"}}""");
        await crm.Make("deal", $$$"""{"name":"Yen","stage":"{{{first}}}","amount":{"amount":"7","currency":"JPY"},"winProbability":50}""");
        await crm.Make("deal", $$"""{"name":"Other","stage":"{{second}}","tags":["vip"]}""");

        var board = (await crm.Ask("GET", $"/api/v1/pipelines/{id}/board?sort=amount&limit=2")).Json.GetProperty("stages");
        var stage = board[0];
        Assert.Equal((6, 1, 1), (stage.GetProperty("count").GetInt32(), board[1].GetProperty("count").GetInt32(), stage.GetProperty("withoutWorth").GetInt32()));
        Assert.Equal(["7 JPY", "1502.50 USD"], stage.GetProperty("sums").EnumerateArray().Select(s => $"{s.GetProperty("amount").GetString()} {s.GetProperty("currency").GetString()}"));
        Assert.Equal(("1502.50", "300.50"), (Amount(stage, "worth"), Amount(stage, "weighted")));
        Assert.Equal(["D5", "D4"], Names(stage));
        var more = (await crm.Ask("GET", $"/api/v1/pipelines/{id}/board?sort=amount&limit=2&stage={first}&skip={stage.GetProperty("nextSkip").GetInt32()}")).Json.GetProperty("stages");
        Assert.Equal(["D3", "D2"], Names(more[0]));
        var vip = (await crm.Ask("GET", $"/api/v1/pipelines/{id}/board?filter={Uri.EscapeDataString("tags has vip")}")).Json.GetProperty("stages");
        Assert.Equal((0, 1), (vip[0].GetProperty("count").GetInt32(), vip[1].GetProperty("count").GetInt32()));
        Assert.Equal(400, (await crm.Ask("GET", $"/api/v1/pipelines/{id}/board?filter=nofield%3D1")).Status);
    }

    private static string[] Names(JsonElement stage) => [.. stage.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("name").GetString()!)];

    private static string Amount(JsonElement stage, string name) => stage.GetProperty(name).GetProperty("amount").GetString()!;

    private static string Stage(JsonElement pipeline, int at) => pipeline.GetProperty("stages")[at].GetProperty("id").GetString()!;

    private async Task<JsonElement> Pipeline(string reasons = "[]") =>
        (await crm.Ask("POST", "/api/v1/pipelines", $$"""{"name":"P","lostReasons":{{reasons}}}""")).Json;

    private async Task<long> Count(string sql)
    {
        await using var command = crm.Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>Tests of deals share one API and one silo.</summary>
[CollectionDefinition(Name)]
public sealed class DealsCollection : ICollectionFixture<DealsFixture>
{
    public const string Name = "deals";
}
