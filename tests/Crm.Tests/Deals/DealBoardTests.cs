using System.Text.Json.Nodes;
using Xunit;

namespace Crm.Deals;

/// <summary>The board as a page shows it: what it is told, and moves that are on their way.</summary>
public sealed class DealBoardTests
{
    private static readonly Pipeline s_pipeline = new("p", "Sales", [new("s1", "New", StageType.Open), new("s2", "Offer", StageType.Open), new("s3", "Won", StageType.Won), new("s4", "Lost", StageType.Lost)]);

    [Fact]
    public void A_deal_that_is_moved_takes_its_worth_along_and_comes_back_with_it()
    {
        var board = Board(("s1", 2, [Deal("a", "s1", 100), Deal("b", "s1", 50)]), ("s2", 1, [Deal("c", "s2", 10)]));
        var before = board.Find("a")!;

        board.Put(new DealStep("move", s_pipeline.Stages[1]).Shown(before));

        Assert.Equal((1, 50m, "b"), Told(board.Columns[0]));
        Assert.Equal((2, 110m, "a,c"), Told(board.Columns[1]));

        board.Put(before);
        Assert.Equal((2, 150m, "a,b"), Told(board.Columns[0]));
        Assert.Equal((1, 10m, "c"), Told(board.Columns[1]));
    }

    [Fact]
    public void What_was_loaded_behind_the_first_stays_when_the_first_are_looked_at_again()
    {
        var board = Board(("s1", 4, [Deal("a", "s1", 4), Deal("b", "s1", 3)]));
        board.TakeMore("s1", Json(("s1", 4, [Deal("b", "s1", 3), Deal("c", "s1", 2), Deal("d", "s1", 1)])));
        Assert.Equal("a,b,c,d", Told(board.Columns[0]).Item3);

        // One of them is elsewhere now.
        Assert.True(board.Take(s_pipeline, Json(("s1", 3, [Deal("a", "s1", 4), Deal("b", "s1", 3)]), ("s2", 1, [Deal("c", "s2", 2)]))));

        Assert.Equal("a,b,d", Told(board.Columns[0]).Item3);
        Assert.Equal("c", Told(board.Columns[1]).Item3);
    }

    [Fact]
    public void The_same_answer_draws_nothing_and_a_warmer_deal_alone_is_another()
    {
        var board = Board(("s1", 2, [Deal("a", "s1", 4, 2), Deal("b", "s1", 3, 5)]));
        var (a, b) = (board.Find("a"), board.Find("b"));

        Assert.False(board.Take(s_pipeline, Json(("s1", 2, [Deal("a", "s1", 4, 2), Deal("b", "s1", 3, 5)]))));
        Assert.True(board.Take(s_pipeline, Json(("s1", 2, [Deal("a", "s1", 4, 9), Deal("b", "s1", 3, 5)]))));

        Assert.NotSame(a, board.Find("a"));
        Assert.Same(b, board.Find("b"));
        Assert.Equal((true, false), (board.IsWarmer(board.Find("a")!), board.IsWarmer(b!)));
    }

    [Theory]
    [InlineData(0, 1, "move", "move")]
    [InlineData(0, 2, "win", "reopen")]
    [InlineData(1, 3, "lose", "reopen")]
    [InlineData(2, 0, "reopen", "win")]
    [InlineData(3, 1, "reopen", "lose")]
    [InlineData(2, 3, null, null)]
    public void Each_way_has_its_command_and_the_one_that_takes_it_back(int from, int to, string? command, string? back)
    {
        var (one, other) = (s_pipeline.Stages[from], s_pipeline.Stages[to]);
        var deal = new JsonObject { ["lostReason"] = "Price" };

        Assert.Equal(command, DealStep.Between(one, other)?.Command);
        Assert.Equal(back, DealStep.Back(deal, one, other, true)?.Command);
        if (back == "lose") Assert.Equal("Price", DealStep.Back(deal, one, other, true)!.Reason);
    }

    private static DealBoard Board(params (string Stage, int Count, JsonObject[] Deals)[] stages)
    {
        var board = new DealBoard();
        Assert.True(board.Take(s_pipeline, Json(stages)));
        return board;
    }

    private static JsonObject Json(params (string Stage, int Count, JsonObject[] Deals)[] stages) => (JsonObject)JsonNode.Parse(new JsonObject
    {
        ["stages"] = new JsonArray([.. stages.Select(s => (JsonNode)new JsonObject
        {
            ["id"] = s.Stage, ["count"] = s.Count, ["items"] = new JsonArray([.. s.Deals]),
            ["worth"] = new JsonObject { ["amount"] = $"{s.Deals.Sum(d => (int)d["amount"]!["amount"]!)}", ["currency"] = "EUR" },
        })]),
    }.ToJsonString())!;

    private static JsonObject Deal(string id, string stage, int amount, int? heat = null)
    {
        var deal = new JsonObject { ["id"] = id, ["stage"] = stage, ["status"] = "open", ["amount"] = new JsonObject { ["amount"] = amount, ["currency"] = "EUR" } };
        if (heat is not null) deal["heat"] = heat;
        return deal;
    }

    private static (long, decimal?, string) Told(BoardColumn column) => (column.Count, column.Worth, string.Join(',', column.Cards.Select(c => (string)c["id"]!)));
}
