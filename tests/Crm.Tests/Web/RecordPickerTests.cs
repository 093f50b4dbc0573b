using System.Text.Json.Nodes;
using Bunit;
using Crm.Access;
using Crm.Records;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Xunit;

namespace Crm.Web;

/// <summary>Choosing a record by a part of its name.</summary>
public sealed class RecordPickerTests : ComponentTests
{
    private JsonNode? _chosen;
    private int _choices;

    public RecordPickerTests()
    {
        Door.Say("/api/v1/companies", Found(("co_1", "Northwind"), ("co_2", "Northgate")));
        Door.Say("/api/v1/people", Found(("usr_2", "王小明")));
    }

    [Fact]
    public void Keys_choose_and_the_name_stays()
    {
        var picker = Picker(RecordKinds.Company);
        picker.Find("input").Input("north");
        picker.WaitForElement("[role=listbox]");
        Assert.Contains("q=north", Door.Asked[^1].Path, StringComparison.Ordinal);

        picker.Find("input").KeyDown(new KeyboardEventArgs { Key = "ArrowDown" });
        Assert.Equal("Northgate", picker.Find("[aria-selected=true]").TextContent);
        picker.Find("input").KeyDown(new KeyboardEventArgs { Key = "Enter" });

        Assert.Equal(("co_2", "Northgate"), ((string?)_chosen!["id"], (string?)_chosen["name"]));
        Assert.Equal("Northgate", picker.Find("input").GetAttribute("value"));
        Assert.Empty(picker.FindAll("[role=listbox]"));
    }

    [Fact]
    public void A_click_chooses_too()
    {
        var picker = Picker(RecordPicker.Users);
        picker.Find("input").Input("小");
        picker.WaitForElement("[role=option]");

        picker.Find("[role=option]").MouseDown();

        Assert.Equal("usr_2", (string?)_chosen!["id"]);
        Assert.StartsWith("/api/v1/people?q=", Door.Asked[^1].Path, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_typed_and_not_chosen_is_no_choice()
    {
        var picker = Picker(RecordKinds.Company, new JsonObject { ["id"] = "co_9", ["name"] = "Before" });
        picker.Find("input").Input("north");
        picker.WaitForElement("[role=listbox]");

        picker.Find(".picker").FocusOut();

        Assert.Equal("Before", picker.Find("input").GetAttribute("value"));
        Assert.Equal(0, _choices);
    }

    [Fact]
    public void It_is_taken_back_by_its_button()
    {
        var picker = Picker(RecordKinds.Company, new JsonObject { ["id"] = "co_9", ["name"] = "Before" });

        picker.Find(".picker-clear").Click();

        Assert.Equal((1, null), (_choices, _chosen));
        Assert.Equal("", picker.Find("input").GetAttribute("value"));
    }

    [Fact]
    public void Nothing_found_is_said()
    {
        Door.Say("/api/v1/companies", Found());
        var picker = Picker(RecordKinds.Company);

        picker.Find("input").Input("zzz");
        picker.WaitForElement("[role=option]");
        picker.Find("input").KeyDown(new KeyboardEventArgs { Key = "Enter" });

        Assert.Equal(T["palette.none"], picker.Find("[role=option]").TextContent);
        Assert.Equal(0, _choices);
    }

    private IRenderedComponent<RecordPicker> Picker(string kind, JsonNode? value = null) => Render<RecordPicker>(picker => picker
        .Add(p => p.Id, "pick").Add(p => p.Kind, kind).Add(p => p.Value, value)
        .Add(p => p.ValueChanged, EventCallback.Factory.Create<JsonNode?>(this, v => (_chosen, _choices) = (v, _choices + 1))));

    private static JsonObject Found(params (string Id, string Name)[] found) =>
        new() { ["items"] = new JsonArray([.. found.Select(f => (JsonNode)new JsonObject { ["id"] = f.Id, ["name"] = f.Name })]) };
}
