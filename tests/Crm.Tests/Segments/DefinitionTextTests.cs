using System.Text.Json;
using Crm.Records.Filters;
using Xunit;

namespace Crm.Segments;

/// <summary>Definitions as text and as JSON, both ways; and what is refused in words.</summary>
public sealed class DefinitionTextTests
{
    private static readonly FilterContext s_context = new(DateTimeOffset.UnixEpoch.AddYears(56), TimeZoneInfo.Utc, null) { TakesEvents = true };

    [Theory]
    [InlineData("COUNT(\"Product Viewed\" WHERE category = Shoes in last 7d) >= 3", "count(\"Product Viewed\" where category = \"Shoes\" in last 7d) >= 3")]
    [InlineData("sum(revenue of 'Order Completed' since 2026-01-01) > 500 EUR", "sum(revenue of \"Order Completed\" where currency = \"EUR\" since 2026-01-01) > 500")]
    [InlineData("distinct(product_id of \"B\", \"A\" in this_month) != 2", "distinct(product_id of \"A\", \"B\" in this_month) != 2")]
    [InlineData("count(\"O\" in last 90d) >= 2 and not count(\"O\" in last 30d) > 0", "count(\"O\" in last 90d) >= 2 and not count(\"O\" in last 30d) > 0")]
    [InlineData("sequence(\"Added\" then no \"Ordered\" within 2h in last 7d)", "sequence(\"Added\" then no \"Ordered\" within 2h in last 7d)")]
    [InlineData("last(page \"Pricing\") < -30d or first(any) is empty", "last(page \"Pricing\") < -30d or count(any) = 0")]
    [InlineData("lastSeen > -30d and segments has sg_1", "lastSeen > -30d and segments has \"sg_1\"")]
    [InlineData("trait.plan = gold and trait.plan > 3", "trait.plan = \"gold\" and trait.plan > 3")]
    [InlineData("(known = true or score = 1) and tags not in (vip, new)", "(known = true or score = 1) and tags not in (\"vip\", \"new\")")]
    [InlineData("count(\"a\\\"b\" where context.page.url ~ 'x' and \"od d\" is not empty) = 0", "count(\"a\\\"b\" where \"od d\" is not empty and context.page.url ~ \"x\") = 0")]
    public void A_definition_has_one_text(string text, string expected)
    {
        var filter = SegmentTestFields.Parse(text);

        Assert.Equal(expected, FilterText.Of(filter));
        Assert.Equal(expected, FilterText.Of(SegmentTestFields.Parse(expected)));
    }

    [Fact]
    public void Text_and_json_lead_to_each_other()
    {
        var dice = new SegmentDice(new Random(11));
        for (var round = 0; round < 500; round++)
        {
            var text = FilterText.Of(SegmentTestFields.Parse(dice.Definition(["sg_1", "sg_2"])));
            Assert.Equal(text, FilterText.Of(SegmentTestFields.Parse(text)));

            using var json = JsonDocument.Parse(FilterJson.Of(SegmentTestFields.Parse(text)).ToJsonString());
            var filter = FilterJson.Parse(json.RootElement, SegmentTestFields.Instance, s_context, out var written, out var problem);
            Assert.True(problem is null, $"{text}\n{json.RootElement}\n{written}\n{problem?.Why}");
            Assert.Equal(text, FilterText.Of(filter!));
        }
    }

    [Theory]
    [InlineData("count(\"A\")", "one of = != < <= > >= and a number")]
    [InlineData("count(\"A\") > -1", "events are counted in whole numbers")]
    [InlineData("count(A) > 1", "the name of an event in quotes")]
    [InlineData("count(\"A\" in last 10y) > 1", "a window reaches back at most 1098 days.")]
    [InlineData("count(\"A\" in next_week) > 1", "in last 7d, in today")]
    [InlineData("count(\"A\" since today) > 1", "a date such as 2026-05-01")]
    [InlineData("sum(\"A\" in last 7d) > 1", "after A, of and an event")]
    [InlineData("sequence(\"A\" then \"B\")", "within and a time")]
    [InlineData("sequence(\"A\" then \"B\" within 400d)", "a sequence goes on for at most 90 days.")]
    [InlineData("last(\"A\") > 3", "a date such as")]
    [InlineData("count(identify \"A\") > 3", "this call has no names.")]
    [InlineData("count(\"A\" where price ~ 3) > 3", "3 cannot be compared so")]
    [InlineData("count(\"A\" where price > x) > 3", "x cannot be compared so")]
    [InlineData("trait.plan > gold", "trait.plan is compared with a number")]
    public void What_is_wrong_is_told(string text, string why)
    {
        Assert.Null(FilterParser.Parse(text, SegmentTestFields.Instance, s_context, out var problem));

        Assert.StartsWith(why, problem!.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_is_filtered_by_segments_not_by_events()
    {
        Assert.Null(FilterParser.Parse("count(\"A\") > 1", SegmentTestFields.Instance, s_context with { TakesEvents = false }, out var problem));

        Assert.Equal("conditions on events belong into a segment; filter by the segment then.", problem!.Why);
    }

    [Theory]
    [InlineData("""{"field": "nam", "is": "=", "value": 1}""", "there is no field nam.")]
    [InlineData("""{"fild": "score"}""", "a condition has no member fild.")]
    [InlineData("""{"field": "score", "is": "like", "value": 1}""", "is is one of =, !=, <, <=, >, >=, ~, ^=.")]
    [InlineData("""{"measure": "count", "is": ">", "value": 1}""", "events is missing.")]
    [InlineData("""{"field": "lastSeen", "is": ">", "value": "1) or (score = 1"}""", "lastSeen is compared with a date")]
    [InlineData("[]", "a condition is an object.")]
    public void Wrong_json_is_told(string json, string why)
    {
        using var document = JsonDocument.Parse(json);

        Assert.Null(FilterJson.Parse(document.RootElement, SegmentTestFields.Instance, s_context, out _, out var problem));

        Assert.StartsWith(why, problem!.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("count(\"A\" in last 7d) > 256", "a customer remembers at most 256")]
    [InlineData("distinct(x of \"A\" in last_week) > 1", "different values are counted in today")]
    [InlineData("first(\"A\" in last 7d) > -3d", "the first time is looked for in all events")]
    [InlineData("last(\"A\" in last_month) < -3d", "the last time is looked for up to now")]
    [InlineData("segments has sg_none", "there is no segment \"sg_none\"")]
    [InlineData("segments has sg_own", "the segment would depend on itself.")]
    public void What_cannot_be_live_is_told(string text, string why)
    {
        var plan = SegmentCompiler.Compile(1, [new LiveDefinition("sg_own", 1, SegmentTestFields.Parse(text))], TimeZoneInfo.Utc, new Dictionary<ulong, long>(), out var wrong);

        Assert.Empty(plan.Segments);
        Assert.StartsWith(why, wrong["sg_own"], StringComparison.Ordinal);
    }

    [Fact]
    public void What_customers_remember_for_all_segments_is_bounded()
    {
        LiveDefinition[] many = [.. Enumerable.Range(0, 100).Select(n => new LiveDefinition($"sg_{n}", 1, SegmentTestFields.Parse($"count(\"A{n}\" in last 7d) > 100")))];

        var plan = SegmentCompiler.Compile(1, many, TimeZoneInfo.Utc, new Dictionary<ulong, long>(), out var wrong);

        Assert.Equal(64, plan.Segments.Count);
        Assert.All(wrong.Values, why => Assert.StartsWith("all live segments together may have a customer remember at most 64 KB", why, StringComparison.Ordinal));
    }
}
