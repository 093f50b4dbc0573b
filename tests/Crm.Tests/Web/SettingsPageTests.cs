using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Crm.Calls;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>What administrators and everybody set.</summary>
[Collection(WebGroup.Name)]
public sealed class SettingsPageTests(WebFixture crm)
{
    [Fact]
    public void A_number_is_one_whatever_made_it()
    {
        var json = new JsonObject { ["int"] = 1, ["long"] = 2L, ["decimal"] = 1.5m, ["double"] = 0.25, ["text"] = "3.5", ["yes"] = true, ["word"] = "x" };
        json["read"] = JsonNode.Parse("1e2");

        Assert.Equal((1, 2, 1.5m, 0.25m, 3.5m, 100), (json.Number("int"), json.Number("long"), json.Number("decimal"), json.Number("double"), json.Number("text"), json.Number("read")));
        Assert.Equal((null, null, null), (json.Number("yes"), json.Number("word"), json.Number("nothing")));
    }

    [Fact]
    public async Task A_key_that_is_rotated_works_on_for_the_days_that_the_form_says()
    {
        await crm.Ask("POST", "/api/v1/sources", new JsonObject { ["id"] = "turned", ["name"] = "Turned", ["kind"] = "server" });
        var old = await crm.Ask("POST", "/api/v1/sources/turned/keys", new JsonObject { ["kind"] = "write", ["name"] = "Old" });
        var page = await crm.Open();
        await page.Go("/settings/sources/turned");

        await page.Button("Rotate the key Old").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Rotate", Exact = true }).ClickAsync();
        await page.Button("I have kept it").ClickAsync();

        await Expect(page.GetByText("expired")).ToHaveCountAsync(0);
        Assert.Equal("working", (string?)(await crm.Ask("GET", $"/api/v1/keys/{old["id"]}"))["state"]);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Who_is_invited_finds_the_own_user_name_and_the_link_says_when_it_is_over()
    {
        var made = await crm.Ask("POST", "/api/v1/users", new JsonObject { ["userName"] = "guest.one", ["name"] = "Guest One", ["role"] = "reader" });
        var page = await crm.Visitor();
        await page.GotoAsync("/sign-in?invitation=" + made["link"]);
        await Expect(page.Locator("input[name=username]")).ToHaveValueAsync("guest.one");
        await page.FillAsync("input[name=password]", WebFixture.Password);
        await page.ClickAsync("button[type=submit]");
        await page.At("/home$");

        await page.Go("/settings/account");
        await Expect(page.Locator(".pair", new() { HasText = "Role" })).ToContainTextAsync("Reader");

        var other = await crm.Visitor();
        await other.GotoAsync("/sign-in?invitation=" + made["link"]);
        await Expect(other.GetByText("This link was used, or is over.")).ToBeVisibleAsync();
        await Expect(other.Heading("Sign in")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
        await other.Context.CloseAsync();
    }

    [Fact]
    public async Task Another_password_ends_the_other_sessions_and_the_list_shows_it()
    {
        var person = await crm.Person("sales");
        var (elsewhere, page) = (await crm.OpenApart(person), await crm.OpenApart(person));
        await page.Go("/settings/account");
        var sessions = page.Locator("section", new() { HasText = "Where you are signed in" }).GetByRole(AriaRole.Listitem);
        await Expect(sessions).ToHaveCountAsync(2);

        await page.GetByLabel("The one that works now").FillAsync(WebFixture.Password);
        await page.GetByLabel("Password, at least 8 characters").FillAsync(WebFixture.Password + "-2");
        await page.Button("Change the password").ClickAsync();

        await Expect(page.GetByText("The password is changed.")).ToBeVisibleAsync();
        await Expect(sessions).ToHaveCountAsync(1);
        await page.Context.CloseAsync();
        await elsewhere.Context.CloseAsync();
    }

    [Theory]
    [InlineData(WebFixture.Desk)]
    [InlineData(WebFixture.Phone)]
    public async Task No_field_of_the_audit_filter_stands_over_another(int width)
    {
        var page = await crm.Open(width: width);
        await page.Go("/settings/audit");
        await Expect(page.Locator(".audit")).ToBeVisibleAsync();

        var boxes = new List<LocatorBoundingBoxResult>();
        foreach (var field in await page.Locator(".asked input, .asked select, .asked button").AllAsync()) boxes.Add((await field.BoundingBoxAsync())!);
        foreach (var (one, other) in boxes.SelectMany((b, i) => boxes.Skip(i + 1).Select(o => (b, o))))
            Assert.False(one.X < other.X + other.Width && other.X < one.X + one.Width && one.Y < other.Y + other.Height && other.Y < one.Y + one.Height, "two fields overlap");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_role_that_somebody_has_stays_and_that_is_said_once()
    {
        await crm.Ask("PUT", "/api/v1/roles/kept", new JsonObject { ["name"] = "Kept", ["administers"] = false, ["rights"] = new JsonObject() });
        await crm.Ask("POST", "/api/v1/users", new JsonObject { ["userName"] = "kept.one", ["name"] = "Kept One", ["role"] = "kept" });
        var page = await crm.Open();
        await page.Go("/settings/roles/kept");

        await page.Button("Delete").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).ClickAsync();

        await Expect(page.GetByText(new Regex("Somebody has this role"))).ToHaveCountAsync(1);
        await page.Context.CloseAsync();
    }
}
