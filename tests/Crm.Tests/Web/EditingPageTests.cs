using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>Making and changing records, alone and with others.</summary>
[Collection(WebGroup.Name)]
public sealed class EditingPageTests(WebFixture crm)
{
    [Fact]
    public async Task A_company_is_made_by_the_form_which_says_at_its_field_what_is_wrong()
    {
        var name = $"Northwind {crm.Next()}";
        var page = await crm.Open();
        await page.Go("/companies");
        await page.Button("New company").ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.Locator("#new-industry").Type("Retail");
        await dialog.Locator("#new-name").Type("   ");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        var field = dialog.Locator(".field", new() { Has = page.Locator("#new-name") });
        await Expect(field.Locator(".field-error")).Not.ToBeEmptyAsync();
        await Expect(dialog.Locator("#new-name")).ToHaveAttributeAsync("aria-describedby", "new-name-error");
        await Expect(dialog.Locator("#new-industry")).ToHaveValueAsync("Retail");

        await dialog.Locator("#new-name").Type(name);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();

        await Expect(dialog).ToBeHiddenAsync();
        await Expect(page.Locator("tr.fresh")).ToContainTextAsync(name);
        var made = (await crm.Ask("GET", "/api/v1/companies?limit=200"))["items"]!.AsArray().Single(c => (string?)c!["name"] == name)!;
        Assert.Equal("Retail", (string?)made["industry"]);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Of_two_people_who_change_two_fields_both_changes_hold()
    {
        var id = await crm.Make("companies", new JsonObject { ["name"] = $"Two fields {crm.Next()}", ["industry"] = "Tea" });
        var (mine, theirs) = (await crm.Open(), await crm.Open(await crm.Person("administrator")));
        await mine.Go("/companies/" + id);
        await theirs.Go("/companies/" + id);
        var phone = await mine.Edit("Phone", "phone");

        await (await theirs.Edit("Industry", "industry")).Type("Coffee");
        await theirs.Button("Save").ClickAsync();
        await Expect(theirs.Shown("Industry")).ToContainTextAsync("Coffee");
        await phone.Type("+49 30 1234");
        await mine.Button("Save").ClickAsync();

        await Expect(mine.Shown("Phone")).ToContainTextAsync("+49 30 1234");
        await Expect(mine.Shown("Industry")).ToContainTextAsync("Coffee");

        // It shows before it is stored.
        await Eventually.True(
            async () => await crm.Ask("GET", "/api/v1/companies/" + id) is var stored && ((string?)stored["phone"], (string?)stored["industry"]) == ("+49 30 1234", "Coffee"), "both are stored");
        await Closed(mine, theirs);
    }

    [Fact]
    public async Task Of_two_people_who_change_one_field_the_second_is_told_and_loses_nothing()
    {
        var id = await crm.Make("companies", new JsonObject { ["name"] = $"One field {crm.Next()}", ["industry"] = "Tea" });
        var (mine, theirs) = (await crm.Open(), await crm.Open(await crm.Person("administrator")));
        await mine.Go("/companies/" + id);
        await theirs.Go("/companies/" + id);
        var industry = await mine.Edit("Industry", "industry");

        await (await theirs.Edit("Industry", "industry")).Type("Coffee");
        await theirs.Button("Save").ClickAsync();
        await Expect(theirs.Shown("Industry")).ToContainTextAsync("Coffee");
        await industry.Type("Cocoa");
        await mine.Button("Save").ClickAsync();

        await Expect(mine.Locator("#edit-industry-error")).ToContainTextAsync("Somebody else changed this field meanwhile");
        await Expect(mine.Locator("#edit-industry")).ToHaveValueAsync("Cocoa");
        await Expect(mine.Locator(".theirs")).ToHaveTextAsync("Coffee");
        Assert.Equal("Coffee", (string?)(await crm.Ask("GET", "/api/v1/companies/" + id))["industry"]);
        await mine.Button("Save").ClickAsync();
        await Expect(mine.Shown("Industry")).ToContainTextAsync("Cocoa");
        Assert.Equal("Cocoa", (string?)(await crm.Ask("GET", "/api/v1/companies/" + id))["industry"]);
        await Closed(mine, theirs);
    }

    [Fact]
    public async Task A_note_stands_in_the_timeline_at_once()
    {
        var page = await crm.Open();
        await page.Go("/companies/" + crm.Given["company"]);
        var text = $"Called back {crm.Next()}";
        await page.FillAsync("#composer-text", text);
        await page.Button("Save").ClickAsync();

        await Expect(page.Locator(".timeline ol").First).ToContainTextAsync(text);
        await Expect(page.Locator("#composer-text")).ToHaveValueAsync("");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_others_change_shows_in_the_rows_of_a_list_that_is_open()
    {
        var (id, mark) = (await crm.Make("companies", new JsonObject { ["name"] = $"In view {crm.Next()}" }), crm.Next());
        var page = await crm.Open();
        await page.Go("/companies?sort=-createdAt");
        var row = page.Locator($"tr[data-id='{id}']");
        await Expect(row).ToContainTextAsync("In view");

        await crm.Ask("PATCH", "/api/v1/companies/" + id, new JsonObject { ["name"] = $"Seen by all {mark}" });

        await Expect(row).ToContainTextAsync($"Seen by all {mark}", new() { Timeout = 15_000 });
        await page.Context.CloseAsync();
    }

    private static async Task Closed(params IPage[] pages)
    {
        foreach (var page in pages) await page.Context.CloseAsync();
    }
}
