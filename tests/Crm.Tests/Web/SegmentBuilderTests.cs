using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using Bunit;
using Crm.Records.Filters;
using Crm.Segments;
using Microsoft.AspNetCore.Components;
using Xunit;

namespace Crm.Web;

/// <summary>A definition is built by hand: builder and text are two views of the same.</summary>
public sealed class SegmentBuilderTests : ComponentTests
{
    private const string Shoes = "count(\"Product Viewed\" where category = \"Shoes\" in last 7d) >= 3";

    private readonly List<string> _texts = [];
    private bool _isWhole = true;

    public SegmentBuilderTests() => Door.Say("/api/v1/segments", new JsonObject
    {
        ["items"] = new JsonArray(
            new JsonObject { ["id"] = "sg_1", ["name"] = "Regulars", ["definition"] = "count(\"Coffee Drunk\" where roast = \"dark\") > 5" },
            new JsonObject { ["id"] = "sg_2", ["name"] = "Newcomers", ["definition"] = "orders = 0" }),
    });

    [Theory]
    [InlineData("")]
    [InlineData(Shoes)]
    [InlineData("not count(\"A\") > 1 and not (orders = 1 or known = true)")]
    [InlineData("not (orders = 1 and known = true) or not tier != \"high-value\"")]
    [InlineData("(known = true and orders > 1) and tags has \"vip\" and not tags has \"old\" and tags not in (\"a\", \"b\")")]
    [InlineData("sum(revenue of \"Order Completed\" where currency = \"EUR\" since 2026-01-01) > 500.5")]
    [InlineData("distinct(products.id of any in this_month) != 2 and revenue >= 100.50 EUR and revenue < 3 and revenue in (1, 2 USD)")]
    [InlineData("sequence(\"Added\" where price > 3 then no \"Ordered\", \"Paid\" within 2h in last 7d) and not sequence(page then screen \"X\" within 1mo)")]
    [InlineData("first(identify) < 2026-03-01T00:00:00Z and last(group) != yesterday or last(page \"Pricing\") >= -30d")]
    [InlineData("trait.plan = \"7\" and trait.plan > 7 and trait.plan ^= \"7\" and trait.plan in (7, \"true\", true, \"x\") and trait.plan is not empty")]
    [InlineData("count(any where \"od d\" ~ \"\\\"x\\\"\" and gift = \"true\" and gift is empty and gift not in (\"\", false, 1.5)) = 0")]
    [InlineData("birthday = today and birthday > +3d and lastSeen in (this_week, 2026-01-01) and firstOrder is empty and lastSeen <= now")]
    [InlineData("segments has \"sg_1\" and not segments has \"sg_9\" and segments in (\"sg_1\", \"sg_2\") and consent.marketing = true")]
    [InlineData("owner = \"usr_1\" and company != \"co_1\" and source ~ \"ad\" and source < \"m\" and role = \"x\" and externalId ^= \"7\"")]
    public void What_can_be_read_is_shown_and_says_the_same(string text) => ShowsAndSays(Builder(text), text);

    [Fact]
    public void So_is_whatever_dice_throw()
    {
        var dice = new SegmentDice(new Random(23));
        for (var round = 0; round < 400; round++)
        {
            var filter = SegmentTestFields.Parse(dice.Definition(["sg_1", "sg_2"]));
            var built = BuiltReading.Group(filter);
            Assert.True(built.IsWhole, FilterText.Of(filter));
            Assert.Equal(FilterText.Of(filter), built.Text);
        }
    }

    [Fact]
    public void And_each_of_its_inputs_means_what_it_shows()
    {
        var dice = new SegmentDice(new Random(7));
        for (var round = 0; round < 40; round++)
        {
            // The fields of the dice, as customers have them.
            var text = FilterText.Of(SegmentTestFields.Parse(dice.Definition(["sg_1", "sg_2"])));
            ShowsAndSays(Builder(Regex.Replace(Regex.Replace(text, @"\bstage\b", "lifecycle"), @"\bscore\b", "orders")), null);
        }
    }

    [Fact]
    public void Conditions_are_built_from_nothing()
    {
        var builder = Builder("");
        Click(builder, "+ Condition");
        Assert.False(_isWhole);
        Assert.Equal("", _texts[^1]);

        Input(builder, 0, "segments.event").Change("Product Viewed");
        Assert.Equal("count(\"Product Viewed\") >= 1", _texts[^1]);
        Click(builder, "+ where");
        Assert.False(_isWhole);
        Input(builder, 0, "segments.property").Change("category");
        Input(builder, 0, "filter.value").Change("Shoes");
        Input(builder, 0, "segments.window").Change("last");
        Input(builder, 0, "segments.number").Change("3");
        Assert.Equal(Shoes, _texts[^1]);
        Assert.True(_isWhole);

        Click(builder, "+ Condition");
        Input(builder, 1, "segments.what").Change("segments");
        Assert.Equal(Shoes, _texts[^1]);
        Input(builder, 1, "filter.value").Change("sg_2");
        Assert.Equal(Shoes + " and segments has \"sg_2\"", _texts[^1]);
        builder.Find(".built-head select").Change("Any");
        Assert.Equal(Shoes + " or segments has \"sg_2\"", _texts[^1]);
        builder.Find(".built-head select").Change("None");
        Assert.Equal($"not ({Shoes} or segments has \"sg_2\")", _texts[^1]);
        builder.FindAll(".built-row > .icon-button")[0].Click();
        Assert.Equal("not segments has \"sg_2\"", _texts[^1]);
    }

    [Fact]
    public void Groups_stand_within_groups()
    {
        var builder = Builder("orders >= 1");
        Click(builder, "+ Group");
        Assert.True(_isWhole);
        Click(builder, "+ Condition");
        Input(builder, 1, "segments.what").Change("known");
        Input(builder, 1, "filter.value").Change("true");
        Click(builder, "+ Condition");
        Input(builder, 2, "segments.what").Change("trait.NAME");
        Assert.False(_isWhole);
        Input(builder, 2, "segments.name.of", "Trait").Change("plan");
        Input(builder, 2, "filter.value").Change("gold");

        Assert.Equal("orders >= 1 and (known = true or trait.plan = \"gold\")", _texts[^1]);
        builder.FindAll(".built-head .icon-button").Single().Click();
        Assert.Equal("orders >= 1", _texts[^1]);
    }

    [Fact]
    public void A_field_that_is_compared_with_a_time_begins_with_a_usual_one()
    {
        var builder = Builder("");
        Click(builder, "+ Condition");
        Input(builder, 0, "segments.what").Change("lastSeen");
        Assert.Equal("lastSeen > -30d", _texts[^1]);
        Input(builder, 0, "segments.length").Change("2");
        Input(builder, 0, "segments.unit").Change("Week");
        Assert.Equal("lastSeen > -2w", _texts[^1]);
        Input(builder, 0, "segments.when").Change("this_month");
        Assert.Equal("lastSeen > this_month", _texts[^1]);
        Input(builder, 0, "filter.sign").Change("empty");
        Assert.Equal("lastSeen is empty", _texts[^1]);
    }

    [Fact]
    public void A_text_that_was_written_elsewhere_takes_the_place_of_what_was_built()
    {
        var builder = Builder("orders >= 1");
        Click(builder, "+ Condition");
        builder.Render(b => b.Add(x => x.Text, "orders >= 1"));
        Assert.Equal(2, builder.FindAll(".built-row").Count);

        builder.Render(b => b.Add(x => x.Text, "known = true"));

        Assert.Equal("known", Assert.Single(builder.FindAll(".built-row")).QuerySelector("select option[selected]")!.GetAttribute("value"));
        Assert.True(_isWhole);
    }

    [Fact]
    public void Names_are_offered_that_other_segments_ask_for_and_that_customers_were_told_of()
    {
        var brewed = new JsonObject { ["type"] = "track", ["properties"] = new JsonObject { ["products"] = new JsonArray(new JsonObject { ["leaf"] = "green" }) } };
        Door.Say("/api/v1/customers/u%3A1/timeline", new JsonObject { ["items"] = new JsonArray(new JsonObject { ["title"] = "Tea Brewed", ["event"] = brewed }) });
        Door.Say("/api/v1/customers?", new JsonObject { ["items"] = new JsonArray(new JsonObject { ["id"] = "u:1" }) });
        var builder = Builder("count(\"X\" where products.leaf = 1) > 1");

        builder.WaitForAssertion(() => Assert.Equal(["Coffee Drunk", "Tea Brewed"], Options(builder.Find("#built-events"))));
        Assert.Equal(["products.leaf", "roast"], Options(builder.Find("#built-properties")));
        Assert.Equal(["green"], Options(builder.Find(".built-test datalist")));
    }

    [Fact]
    public void Who_may_not_change_it_sees_it_and_cannot()
    {
        var builder = Builder(Shoes + " and tags in (\"a\", \"b\")", disabled: true);

        Assert.All(builder.FindAll("input, select"), input => Assert.True(input.HasAttribute("disabled")));
        Assert.Empty(builder.FindAll("button"));
    }

    // Each input is told again what it shows: nothing may become something else by that.
    private void ShowsAndSays(IRenderedComponent<SegmentBuilder> builder, string? expected)
    {
        var text = expected ?? builder.Instance.Text!;
        _texts.Clear();
        var count = builder.FindAll("input:not([role=combobox]), select").Count;
        for (var at = 0; at < count; at++)
        {
            var input = builder.FindAll("input:not([role=combobox]), select")[at];
            if (input.GetAttribute("list") == SegmentBuilder.EventNames || (input.ParentElement!.ClassList.Contains("built-pick") && input.LocalName == "input")) continue;
            if (input.ClassList.Contains("built-currency") && (input.GetAttribute("value") ?? "").Length == 0) continue;
            input.Change(input.LocalName == "select" ? input.QuerySelector("option[selected]")?.GetAttribute("value") ?? "" : input.GetAttribute("value") ?? "");
            Assert.True(_texts.Count == 0 || _texts[^1] == text, $"{text}\n{_texts.LastOrDefault()}\n{input.OuterHtml}");
            Assert.True(_isWhole);
        }

        Assert.Empty(builder.FindAll(".lacks"));
        if (text.Length > 0) Assert.NotEmpty(builder.FindAll(".built-row"));
    }

    private IRenderedComponent<SegmentBuilder> Builder(string text, bool disabled = false) => Render<SegmentBuilder>(builder => builder
        .Add(b => b.Text, text).Add(b => b.Disabled, disabled)
        .Add(b => b.TextChanged, EventCallback.Factory.Create<string>(this, t => _texts.Add(t)))
        .Add(b => b.WholeChanged, EventCallback.Factory.Create<bool>(this, w => _isWhole = w)));

    private IElement Input(IRenderedComponent<SegmentBuilder> builder, int row, string key, params object[] parts) =>
        builder.FindAll(".built-row")[row].QuerySelector($"[aria-label='{(parts.Length == 0 ? T[key] : T[key, parts])}']")!;

    private static void Click(IRenderedComponent<SegmentBuilder> builder, string name) => builder.FindAll("button").First(b => b.TextContent.Trim() == name).Click();

    private static IEnumerable<string?> Options(IElement list) => list.QuerySelectorAll("option").Select(o => o.GetAttribute("value"));
}
