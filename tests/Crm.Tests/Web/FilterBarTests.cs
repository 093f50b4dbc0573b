using Bunit;
using Crm.Access;
using Crm.Records;
using Microsoft.AspNetCore.Components;
using Xunit;

namespace Crm.Web;

/// <summary>Building a filter by hand.</summary>
public sealed class FilterBarTests : ComponentTests
{
    private IReadOnlyList<Condition>? _conditions;
    private string? _words;

    [Fact]
    public async Task A_condition_is_built_of_field_sign_and_value()
    {
        var bar = await Bar();
        bar.Find("button[aria-expanded=false]").Click();
        bar.FindAll("form select")[0].Change("size");
        Assert.Equal(Condition.Signs(FieldType.Number), bar.FindAll("form select")[1].QuerySelectorAll("option").Select(o => o.GetAttribute("value")));
        bar.FindAll("form select")[1].Change(">=");
        bar.Find("form input").Input(" 100 ");

        bar.Find("form").Submit();

        Assert.Equal([new Condition("size", ">=", "100")], _conditions);
        Assert.Empty(bar.FindAll("form"));
    }

    [Fact]
    public async Task A_sign_without_a_value_asks_for_none()
    {
        var bar = await Bar();
        bar.Find("button[aria-expanded=false]").Click();
        bar.FindAll("form select")[0].Change("phone");
        bar.FindAll("form select")[1].Change("empty");
        Assert.Empty(bar.FindAll("form input"));

        bar.Find("form").Submit();

        Assert.Equal([new Condition("phone", "empty", "")], _conditions);
    }

    [Fact]
    public async Task A_condition_is_changed_and_removed_where_it_stands()
    {
        var there = new[] { new Condition("name", "~", "tea"), new Condition("size", ">", "5") };
        var bar = await Bar(there);
        Assert.Equal("Size more than 5", bar.FindAll(".condition button:first-child")[1].TextContent);

        bar.FindAll(".condition button:first-child")[1].Click();
        bar.Find("form input").Input("7");
        bar.Find("form").Submit();
        Assert.Equal([there[0], new Condition("size", ">", "7")], _conditions);

        bar.FindAll(".chip-end")[0].Click();
        Assert.Equal([there[1]], _conditions);
    }

    [Fact]
    public async Task What_can_be_chosen_is_offered_and_what_is_written_freely_is_taken_as_it_is()
    {
        var bar = await Bar(kind: RecordKinds.Lead);
        bar.Find("button[aria-expanded=false]").Click();
        bar.FindAll("form select")[0].Change("status");
        Assert.Equal(["new", "contacted", "qualified", "unqualified", "converted"], bar.FindAll("form select")[2].QuerySelectorAll("option").Select(o => o.GetAttribute("value")));

        bar.FindAll("form select")[0].Change("");
        bar.Find("form input").Input("score > 5 or status = new");
        bar.Find("form").Submit();

        Assert.Equal([new Condition("", "", "score > 5 or status = new")], _conditions);
    }

    [Fact]
    public async Task Words_are_told_as_they_are_typed()
    {
        var bar = await Bar();

        bar.Find("input[type=search]").Input("star");

        Assert.Equal("star", _words);
    }

    private async Task<IRenderedComponent<FilterBar>> Bar(IReadOnlyList<Condition>? conditions = null, string kind = RecordKinds.Company)
    {
        var shown = await Shown(kind);
        return Render<FilterBar>(bar => bar
            .Add(b => b.Shown, shown).Add(b => b.Conditions, conditions ?? []).Add(b => b.Columns, [.. shown.UsualColumns.Select(c => shown.Rule(c)!)])
            .Add(b => b.ConditionsChanged, EventCallback.Factory.Create<IReadOnlyList<Condition>>(this, c => _conditions = c))
            .Add(b => b.WordsChanged, EventCallback.Factory.Create<string>(this, w => _words = w)));
    }
}
