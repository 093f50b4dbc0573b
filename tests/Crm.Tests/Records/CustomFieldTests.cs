using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Records;

/// <summary>Fields that a company makes itself, over HTTP.</summary>
[Collection(RecordsGroup.Name)]
public sealed class CustomFieldTests(RecordsFixture crm)
{
    private const string Fields = "/api/v1/fields";
    private const string Companies = "/api/v1/companies";

    [Fact]
    public async Task A_new_field_can_be_used_at_once_in_records_filters_and_sorts()
    {
        var (number, day, choice, money) = ("n" + crm.NewId(), "größe" + crm.NewId(), "c" + crm.NewId(), "m" + crm.NewId());
        await Made(number, "number");
        await Made(day, "date");
        await Made(choice, "choices", """{"choices":["Red","Blue"]}""");
        await Made(money, "money");
        string[] values = ["1", "3", "2"];
        var ids = new List<string>();
        foreach (var value in values)
            ids.Add(await crm.Make(RecordKind.Company, $$$$"""{"custom":{"{{{{number}}}}":{{{{value}}}},"{{{{day}}}}":"2026-05-0{{{{value}}}}","{{{{choice}}}}":["red"],"{{{{money}}}}":{"amount":"{{{{value}}}}.5","currency":"USD"}}}"""));

        var read = await crm.Ask("GET", $"{Companies}/{ids[1]}");
        Assert.Equal("3", read.Json["custom"]![number]!.ToString());
        Assert.Equal("""{"amount":"3.50","currency":"USD"}""", read.Json["custom"]![money]!.ToJsonString());
        Assert.Equal("""["Red"]""", read.Json["custom"]![choice]!.ToJsonString());
        Assert.Equal([ids[1], ids[2]], await Found($"custom.{number} >= 2", "-custom." + number));
        Assert.Equal([ids[2], ids[1]], await Found($"custom.{day} > 2026-05-01 and custom.{choice} has red", "custom." + day));
        Assert.Equal([ids[0], ids[2]], await Found($"custom.{money} < 3 and custom.{money} < 3 USD", "custom." + money));
        var only = await crm.Ask("GET", $"{Companies}/{ids[0]}?fields=custom.{number}");
        Assert.Equal($$$"""{"id":"{{{ids[0]}}}","custom":{"{{{number}}}":1}}""", only.Text);
    }

    [Fact]
    public async Task Values_are_held_against_the_field()
    {
        var (number, choice, link) = ("n" + crm.NewId(), "c" + crm.NewId(), "l" + crm.NewId());
        await Made(number, "number");
        await Made(choice, "choice", """{"choices":["Red"]}""");
        await Made(link, "link", """{"linkedKind":"product"}""");
        foreach (var (name, value) in new[] { (number, "\"x\""), (choice, "\"green\""), (link, "\"pr_none\""), ("nothing", "1"), (number, "{}") })
        {
            var wrong = await crm.Ask("POST", Companies, $$$"""{"name":"x","custom":{"{{{name}}}":{{{value}}}}}""");
            Assert.Equal((value, 422), (value, wrong.Status));
            Assert.NotNull(wrong.Json["errors"]!["custom." + name]);
        }

        Assert.Equal(422, (await crm.Ask("POST", Companies, """{"name":"x","custom":[]}""")).Status);
        Assert.Equal(400, (await crm.Ask("GET", $"{Companies}?filter=custom.{choice}%20=%20green")).Status);
    }

    [Fact]
    public async Task What_is_needed_from_now_on_stops_no_edit_of_what_was_made_before()
    {
        var name = "need" + crm.NewId();
        var old = await crm.Make(RecordKind.Product);
        var field = await Made(name, "text", """{"kind":"product"}""");
        Assert.Equal(200, (await crm.Ask("PATCH", $"{Fields}/{field}", """{"required":true}""")).Status);

        await Eventually.True(async () => (await crm.Ask("POST", "/api/v1/products", """{"name":"New"}""")).Status == 422, "silos know that it is needed");
        Assert.Equal(200, (await crm.Ask("PATCH", "/api/v1/products/" + old, """{"name":"Renamed"}""")).Status);
        Assert.Equal(200, (await crm.Ask("PATCH", "/api/v1/products/" + old, $$$"""{"custom":{"{{{name}}}":"there"}}""")).Status);
        Assert.Equal(422, (await crm.Ask("PATCH", "/api/v1/products/" + old, $$$"""{"custom":{"{{{name}}}":null}}""")).Status);
        Assert.Equal(200, (await crm.Ask("PATCH", $"{Fields}/{field}", """{"required":false}""")).Status);
        await Eventually.True(async () => (await crm.Ask("POST", "/api/v1/products", """{"name":"New"}""")).Status == 201, "silos know that it is not");
    }

    [Fact]
    public async Task A_deleted_field_is_hidden_with_its_values_until_it_is_restored_or_purged()
    {
        var name = "gone" + crm.NewId();
        var field = await Made(name, "text");
        var (shown, binned) = (await crm.Make(RecordKind.Company, $$$"""{"custom":{"{{{name}}}":"kept"}}"""), await crm.Make(RecordKind.Company, $$$"""{"custom":{"{{{name}}}":"kept"}}"""));
        await crm.Ask("DELETE", $"{Companies}/{binned}");
        Assert.Equal(409, (await crm.Ask("POST", $"{Fields}/{field}/purge")).Status);

        var deleted = await crm.Ask("DELETE", $"{Fields}/{field}");
        Assert.Equal((200, "2"), (deleted.Status, deleted["records"]));
        Assert.Contains("restore", deleted["detail"], StringComparison.Ordinal);
        Assert.DoesNotContain("kept", (await crm.Ask("GET", $"{Companies}/{shown}")).Text, StringComparison.Ordinal);
        Assert.Equal(400, (await crm.Ask("GET", $"{Companies}?filter=custom.{name}=kept")).Status);
        Assert.Equal(422, (await crm.Ask("PATCH", $"{Companies}/{shown}", $$$"""{"custom":{"{{{name}}}":"x"}}""")).Status);
        Assert.Equal(200, (await crm.Ask("PATCH", $"{Companies}/{shown}", """{"name":"Edited"}""")).Status);
        Assert.Equal(409, (await crm.Ask("POST", Fields, $$"""{"kind":"company","name":"{{name}}","type":"number"}""")).Status);

        Assert.Equal(200, (await crm.Ask("POST", $"{Fields}/{field}/restore")).Status);
        Assert.Contains("kept", (await crm.Ask("GET", $"{Companies}/{shown}")).Text, StringComparison.Ordinal);

        Assert.Equal(200, (await crm.Ask("DELETE", $"{Fields}/{field}")).Status);
        Assert.Equal("""{"purged":2,"left":true}""", (await crm.Ask("POST", $"{Fields}/{field}/purge")).Text);
        Assert.Equal("""{"purged":0,"left":false}""", (await crm.Ask("POST", $"{Fields}/{field}/purge")).Text);
        Assert.Equal(0, await crm.Database.Ask<long>($"SELECT count(*) FROM company WHERE state -> 'custom' ? '{name}'"));
        Assert.Equal(201, (await crm.Ask("POST", Fields, $$"""{"kind":"company","name":"{{name}}","type":"number"}""")).Status);
    }

    [Fact]
    public async Task A_choice_in_use_stays()
    {
        var name = "c" + crm.NewId();
        var field = await Made(name, "choice", """{"choices":["Red","Blue","Green"]}""");
        await crm.Make(RecordKind.Company, $$$"""{"custom":{"{{{name}}}":"blue"}}""");

        var refused = await crm.Ask("PATCH", $"{Fields}/{field}", """{"choices":["Red"]}""");
        Assert.Equal((409, "urn:crm:problem:choice-in-use"), (refused.Status, refused.Type));
        Assert.Equal(200, (await crm.Ask("PATCH", $"{Fields}/{field}", """{"choices":["Red","Blue"]}""")).Status);
        Assert.Equal(412, (await crm.Ask("PATCH", $"{Fields}/{field}", """{"label":"x"}""", headers: ("If-Match", "\"1\""))).Status);
    }

    [Fact]
    public async Task Its_index_comes_in_the_background_and_goes_with_it()
    {
        var name = "ix" + crm.NewId();
        var field = await Made(name, "number");
        await Eventually.True(async () => (await crm.Ask("GET", $"{Fields}/{field}"))["indexed"] == "true", "the index is there");
        var number = await crm.Database.Ask<long>($"SELECT number FROM custom_field WHERE id = '{field}'");
        Assert.True(await crm.Database.Ask<bool>($"SELECT indisvalid FROM pg_index WHERE indexrelid = 'custom_{number}'::regclass"));

        await crm.Ask("DELETE", $"{Fields}/{field}");
        await crm.Ask("POST", $"{Fields}/{field}/purge");
        await Eventually.True(async () => !await crm.Database.Ask<bool>($"SELECT to_regclass('custom_{number}') IS NOT NULL"), "the index is gone");
    }

    [Theory]
    [InlineData("""{"kind":"company","name":"a'b","type":"text"}""", "name")]
    [InlineData("""{"kind":"fridge","name":"a","type":"text"}""", "kind")]
    [InlineData("""{"kind":"company","name":"a","type":"float"}""", "type")]
    [InlineData("""{"kind":"company","name":"a","type":"choice"}""", "choices")]
    [InlineData("""{"kind":"company","name":"a","type":"choice","choices":["x","X"]}""", "choices")]
    [InlineData("""{"kind":"company","name":"a","type":"link"}""", "linkedKind")]
    [InlineData("""{"kind":"company","name":"a","type":"text","colour":"red"}""", "colour")]
    public async Task What_cannot_be_a_field_is_told(string body, string member)
    {
        var wrong = await crm.Ask("POST", Fields, body);

        Assert.Equal(422, wrong.Status);
        Assert.NotNull(wrong.Json["errors"]![member]);
    }

    [Fact]
    public async Task Only_administrators_make_fields_and_all_may_see_those_that_are_not_hidden_from_them()
    {
        var name = "seen" + crm.NewId();
        var field = await Made(name, "text");
        var (user, blind) = (crm.NewUser("north", _ => KindRights.Full), crm.NewUser("north", _ => KindRights.Full with { Hidden = ["custom." + name] }));

        Assert.Equal(403, (await crm.Ask("POST", Fields, """{"kind":"company","name":"mine","type":"text"}""", user)).Status);
        Assert.Equal((403, 403, 403), ((await crm.Ask("PATCH", $"{Fields}/{field}", "{}", user)).Status, (await crm.Ask("DELETE", $"{Fields}/{field}", user: user)).Status,
            (await crm.Ask("POST", $"{Fields}/{field}/purge", user: user)).Status));
        Assert.Contains(field, (await crm.Ask("GET", Fields + "?kind=company", user: user)).Ids);
        Assert.DoesNotContain(field, (await crm.Ask("GET", Fields, user: blind)).Ids);
        Assert.Equal(404, (await crm.Ask("GET", $"{Fields}/{field}", user: blind)).Status);
    }

    private async Task<string> Made(string name, string type, string more = "{}")
    {
        var body = (JsonObject)JsonNode.Parse(more)!;
        body["kind"] ??= "company";
        (body["name"], body["type"]) = (name, type);
        var made = await crm.Ask("POST", Fields, body.ToJsonString());
        Assert.True(made.Status == 201, made.Text);
        return made["id"]!;
    }

    private async Task<IEnumerable<string>> Found(string filter, string sort)
    {
        var found = await crm.Ask("GET", $"{Companies}?filter={Uri.EscapeDataString(filter)}&sort={Uri.EscapeDataString(sort)}");
        Assert.True(found.Status == 200, found.Text);
        return found.Ids;
    }
}
