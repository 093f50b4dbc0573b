using System.Text.Json.Nodes;
using Crm.Company;
using Crm.Records;
using Xunit;

namespace Crm.Deals;

/// <summary>A deal's rules: given fields, when something is done, then these fields or these words.</summary>
public sealed class DealRulesTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 1, 10, 0, 0, TimeSpan.Zero);

    private readonly DealRules _rules = new(new Book(), new Settings());

    [Fact]
    public void A_new_deal_begins_where_the_default_pipeline_does()
    {
        var deal = New("""{"name":"A"}""");

        Assert.Equal(("p1", "a", "open", 10m), ((string)deal["pipeline"]!, (string)deal["stage"]!, (string)deal["status"]!, (decimal)deal["probability"]!));
        Assert.Equal("2026-05-31T10:00:00.000Z", (string)deal["rottenAt"]!);
        Assert.Equal(["a"], Steps(deal));
    }

    [Fact]
    public void Lines_are_rounded_each_and_make_the_amount()
    {
        var deal = New("""
            {"name":"A","lines":[
              {"name":"x","quantity":3,"price":{"amount":"0.335","currency":"EUR"},"discount":10,"taxRate":19},
              {"product":"pr_1","quantity":"2","price":{"amount":"10","currency":"EUR"}}]}
            """);

        // 3 * 0.335 * 0.9 = 0.9045 -> 0.90; its tax 0.171 -> 0.17.
        Assert.Equal("21.07", (string)deal["amount"]!["amount"]!);
        Assert.Equal(("20.90", "0.17"), ((string)deal["totals"]!["net"]!["amount"]!, (string)deal["totals"]!["tax"]!["amount"]!));
        Assert.Equal("42.14", (string)deal["amount"]!["worth"]!);
    }

    [Theory]
    [InlineData("""{"name":"A","lines":[{"quantity":0,"price":{"amount":"1","currency":"EUR"}}]}""", "lines")]
    [InlineData("""{"name":"A","lines":[{"quantity":1,"price":{"amount":"1","currency":"EUR"}},{"quantity":1,"price":{"amount":"1","currency":"USD"}}]}""", "lines")]
    [InlineData("""{"name":"A","lines":[{"quantity":1,"price":{"amount":"1","currency":"EUR"},"discount":101}]}""", "lines")]
    [InlineData("""{"name":"A","lines":[{"quantity":1,"price":{"amount":"1","currency":"EUR"},"colour":1}]}""", "lines")]
    [InlineData("""{"name":"A","stage":"nowhere"}""", "stage")]
    [InlineData("""{"name":"A","pipeline":"p2","stage":"a"}""", "stage")]
    [InlineData("""{"name":"A","stage":"b"}""", "closeDate")]
    [InlineData("""{"name":"A","winProbability":101}""", "winProbability")]
    [InlineData("""{"name":"A","customers":["ann"]}""", "customers")]
    public void What_a_deal_cannot_be_is_named(string fields, string field)
    {
        var errors = new Dictionary<string, string>();
        Complete(null, fields, errors);

        Assert.Equal([field], errors.Keys);
    }

    [Fact]
    public void A_move_needs_what_its_stage_demands_and_is_remembered()
    {
        var deal = New("""{"name":"A"}""");
        Assert.Equal(["closeDate"], Do("move", """{"stage":"b"}""", deal).Errors!.Keys);

        deal["closeDate"] = "2026-06-01";
        var moved = Do("move", """{"stage":"b"}""", deal).Fields!;

        Assert.Equal(("b", 40m), ((string)moved["stage"]!, (decimal)moved["probability"]!));
        Assert.Equal(["a", "b"], Steps(moved));
        Assert.Null(moved["rottenAt"]);
        var errors = new Dictionary<string, string>();
        var without = (JsonObject)moved.DeepClone();
        without.Remove("closeDate");
        _rules.Complete(moved, without, Turn(), errors);
        Assert.Equal(["closeDate"], errors.Keys);
    }

    [Fact]
    public void A_chance_of_its_own_stands_over_its_stages()
    {
        var deal = New("""{"name":"A","winProbability":75,"closeDate":"2026-06-01"}""");
        Assert.Equal(75m, (decimal)deal["probability"]!);
        Assert.Equal(75m, (decimal)Do("move", """{"stage":"b"}""", deal).Fields!["probability"]!);
    }

    [Fact]
    public void A_deal_is_won_lost_and_opened_again()
    {
        var deal = New("""{"name":"A","closeDate":"2026-06-01"}""");
        var won = Do("win", "{}", deal).Fields!;
        Assert.Equal(("won", "w", "2026-05-01", 100m), ((string)won["status"]!, (string)won["stage"]!, (string)won["closeDate"]!, (decimal)won["probability"]!));
        Assert.Null(Do("lose", """{"reason":"Price"}""", won).Fields);
        Assert.Equal(["stage"], Do("move", """{"stage":"b"}""", won).Errors!.Keys);
        Assert.True(JsonNode.DeepEquals(won, Do("win", "{}", won).Fields));

        var open = Do("reopen", "{}", won).Fields!;
        Assert.Equal(("open", "a"), ((string)open["status"]!, (string)open["stage"]!));
        Assert.Null(open["wonAt"]);
        Assert.Equal(["reason"], Do("lose", """{"reason":"Weather"}""", open).Errors!.Keys);
        var lost = Do("lose", """{"reason":"price"}""", open).Fields!;
        Assert.Equal(("lost", "l", "Price", 0m), ((string)lost["status"]!, (string)lost["stage"]!, (string)lost["lostReason"]!, (decimal)lost["probability"]!));
    }

    [Fact]
    public void A_deal_that_is_taken_over_closed_ended_on_its_day()
    {
        var deal = New("""{"name":"A","stage":"w","closeDate":"2025-01-05"}""");

        Assert.Equal(("won", "2025-01-05T00:00:00.000Z"), ((string)deal["status"]!, (string)deal["wonAt"]!));
    }

    [Fact]
    public void What_is_closed_stays_closed_when_its_stage_goes()
    {
        var won = Do("win", "{}", New("""{"name":"A"}""")).Fields!;

        Assert.Equal("w2", (string)Do("relocate", """{"stage":"c"}""", won).Fields!["stage"]!);
        Assert.Equal("c", (string)Do("relocate", """{"stage":"c"}""", New("""{"name":"A"}""")).Fields!["stage"]!);
    }

    [Fact]
    public void The_history_is_bounded()
    {
        var deal = New("""{"name":"A","closeDate":"2026-06-01"}""");
        for (var i = 0; i < DealWay.MaxHistory + 5; i++) deal = Do("move", $$"""{"stage":"{{(i % 2 == 0 ? "b" : "a")}}"}""", deal).Fields!;

        Assert.Equal(DealWay.MaxHistory, Steps(deal).Length);
    }

    private static string[] Steps(JsonObject deal) => [.. ((JsonArray)deal["stageHistory"]!).Select(s => (string)s!["stage"]!)];

    private RecordDecision Do(string command, string arguments, JsonObject deal) =>
        _rules.Do(command, (JsonObject)JsonNode.Parse(arguments)!, (JsonObject)JsonNode.Parse(deal.ToJsonString())!, Turn())!;

    private JsonObject New(string fields)
    {
        var errors = new Dictionary<string, string>();
        var deal = Complete(null, fields, errors);
        Assert.Empty(errors);
        return deal;
    }

    private JsonObject Complete(JsonObject? before, string fields, Dictionary<string, string> errors)
    {
        var deal = RecordEdit.Create(new KindFields(RecordKind.Deal, []), (JsonObject)JsonNode.Parse(fields)!, errors);
        _rules.Complete(before, deal, Turn(), errors);
        return deal;
    }

    private static RuleTurn Turn() => new("de_1", new ChangeCause("ann", null, Guid.Empty), s_now);

    private sealed class Book : IPipelineBook
    {
        public PipelineSet Current { get; } = new(
        [
            new Pipeline("p1", "One",
            [
                new("a", "A", StageType.Open) { Probability = 10, RottingDays = 30 }, new("b", "B", StageType.Open) { Probability = 40, Required = ["closeDate"] },
                new("w", "W", StageType.Won) { Probability = 100 }, new("l", "L", StageType.Lost),
            ]) { LostReasons = ["Price"] },
            new Pipeline("p2", "Two", [new("c", "C", StageType.Open), new("w2", "W", StageType.Won) { Probability = 100 }, new("l2", "L", StageType.Lost)]),
        ]);

        public Task<bool> Renew() => Task.FromResult(false);
    }

    private sealed class Settings : ICompanySettings
    {
        public CompanySettings Current { get; } = new() { Rates = [new ExchangeRate("EUR", new DateOnly(2026, 1, 1), 2m)] };
    }
}
