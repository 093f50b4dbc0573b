using System.Text.Json.Nodes;
using Bunit;
using Crm.Language;
using Crm.Records;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Crm.Web;

/// <summary>One field of a form: what is typed, as the API takes it.</summary>
public sealed class FieldInputTests : ComponentTests
{
    private JsonNode? _given;

    [Fact]
    public void A_text_is_trimmed_and_an_empty_one_is_none()
    {
        var field = Field(Rule(RecordKind.Company, "industry"), JsonValue.Create("Tea"));
        Assert.Equal("Tea", field.Find("input").GetAttribute("value"));

        field.Find("input").Change("  Coffee ");
        Assert.Equal("Coffee", (string?)_given);
        field.Find("input").Change("   ");
        Assert.Null(_given);
    }

    [Fact]
    public async Task A_field_of_ones_own_is_of_the_type_that_the_API_names()
    {
        Door.Say("/api/v1/fields", new JsonObject
        {
            ["items"] = new JsonArray([.. CustomField.Types.Keys.Select(type => new JsonObject { ["name"] = type, ["type"] = type, ["choices"] = new JsonArray("a", "b") })]),
        });
        var shown = await Shown(RecordKind.Company.Name);
        foreach (var (type, means) in CustomField.Types) Assert.Equal(means, shown.Find(CustomField.Prefix + type)!.Type);
    }

    [Fact]
    public void Money_takes_the_base_currency_and_keeps_its_own()
    {
        var field = Field(Rule(RecordKind.Deal, "amount"), null);
        field.Find("input").Change("1,250.50");
        Assert.Equal("""{"amount":"1250.50","currency":"CHF"}""", _given?.ToJsonString());

        field = Field(Rule(RecordKind.Deal, "amount"), new JsonObject { ["amount"] = "3.00", ["currency"] = "USD" });
        field.Find("input").Change("4");
        Assert.Equal("""{"amount":"4","currency":"USD"}""", _given?.ToJsonString());
        field.Find("input.currency").Change("eur");
        Assert.Equal("""{"amount":"3.00","currency":"EUR"}""", _given?.ToJsonString());
        field.Find("input").Change("");
        Assert.Null(_given);
    }

    [Fact]
    public void Lists_are_parted_by_the_commas_of_both_languages()
    {
        var field = Field(Rule(RecordKind.Company, "tags"), new JsonArray("vip"));
        Assert.Equal("vip", field.Find("input").GetAttribute("value"));

        field.Find("input").Change("vip, 老客户，new、  ,");

        Assert.Equal(["vip", "老客户", "new"], ((JsonArray)_given!).Select(e => (string?)e));
    }

    [Fact]
    public void A_moment_is_where_whoever_looks_is()
    {
        Services.GetRequiredService<Formats>().Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");
        var field = Field(Rule(RecordKind.ToDo, "due"), JsonValue.Create("2026-05-20T22:30:00Z"));
        Assert.Equal("2026-05-21T06:30", field.Find("input").GetAttribute("value"));

        field.Find("input").Change("2026-05-22T09:00");

        Assert.Equal("2026-05-22T01:00:00Z", (string?)_given);
    }

    [Fact]
    public void A_choice_that_need_not_be_made_can_be_taken_back()
    {
        var field = Field(Rule(RecordKind.Customer, "lifecycle"), JsonValue.Create("lead"));
        Assert.Equal(["", "visitor", "lead", "customer", "lapsed"], field.FindAll("option").Select(o => o.GetAttribute("value")));

        field.Find("select").Change("");

        Assert.Null(_given);
    }

    [Fact]
    public void What_is_no_number_is_left_for_the_API_to_refuse()
    {
        var field = Field(Rule(RecordKind.Company, "size"), null);

        field.Find("input").Change("1e");

        Assert.Equal("1e", (string?)_given);
    }

    [Fact]
    public void What_is_wrong_stands_at_the_field_and_is_read_with_it()
    {
        var field = Field(Rule(RecordKind.Company, "name"), null, "It is needed.");

        Assert.Equal("It is needed.", field.Find(".field-error").TextContent);
        Assert.Equal(field.Find(".field-error").Id, field.Find("input").GetAttribute("aria-describedby"));
        Assert.Equal(field.Find("input").Id, field.Find("label").GetAttribute("for"));
        Assert.Contains("*", field.Find("label").TextContent, StringComparison.Ordinal);
    }

    private IRenderedComponent<FieldInput> Field(FieldRule rule, JsonNode? value, string? error = null) => Render<FieldInput>(field => field
        .Add(f => f.Rule, rule).Add(f => f.Label, "Field").Add(f => f.Value, value).Add(f => f.Error, error).Add(f => f.BaseCurrency, "CHF")
        .Add(f => f.ValueChanged, EventCallback.Factory.Create<JsonNode?>(this, v => _given = v)));
}
