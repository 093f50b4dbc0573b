using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>The API, a silo or a session ends under an open page: it goes on by itself, and nothing that was typed is lost.</summary>
[Collection(WebGroup.Name)]
public sealed class BadDayPageTests(WebFixture crm)
{
    private static readonly LocatorAssertionsToHaveValueOptions s_patiently = new() { Timeout = 60_000 };

    [Fact]
    public async Task When_the_API_dies_a_form_comes_back_with_what_was_typed()
    {
        var name = $"Kept {crm.Next()}";
        var page = await crm.Open();
        await page.Go("/companies");
        await page.Button("New company").ClickAsync();
        await page.Locator("#new-name").Type(name);
        await page.Locator("#new-size").Type("12");

        await crm.KillApi();
        await Expect(page.Locator("#components-reconnect-modal")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await page.EvaluateAsync("() => window.sameDocument = true");

        // The field that one is in, while nobody hears it.
        await page.Locator("#new-industry").FillAsync("Lighthouses");
        await crm.StartApi();

        await page.WaitForFunctionAsync("() => !window.sameDocument && 'ready' in document.documentElement.dataset", null, new() { Timeout = 60_000 });
        await Expect(page.Locator("#new-name")).ToHaveValueAsync(name, s_patiently);
        await Expect(page.Locator("#new-size")).ToHaveValueAsync("12");
        await Expect(page.Locator("#new-industry")).ToHaveValueAsync("Lighthouses");
        await page.Button("Save").ClickAsync();
        await Expect(page.Locator("tr.fresh")).ToContainTextAsync(name);
        await Expect(page.Locator("tr.fresh")).ToContainTextAsync("Lighthouses");

        await page.Button("New company").ClickAsync();
        await Expect(page.Locator("#new-name")).ToHaveValueAsync("");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task When_the_API_dies_a_note_comes_back_too_and_the_page_goes_on_moving()
    {
        var page = await crm.Open();
        await page.Go("/customers/" + crm.Given["customer"]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Call", Exact = true }).ClickAsync();
        await page.FillAsync("#composer-text", "She asked for the green one");
        await page.EvaluateAsync("() => window.sameDocument = true");

        await crm.KillApi();
        await crm.StartApi();

        // What it was before knows this page no more: it comes anew by itself.
        await page.WaitForFunctionAsync("() => !window.sameDocument", null, new() { Timeout = 60_000 });
        await Expect(page.Locator("#composer-text")).ToHaveValueAsync("She asked for the green one", s_patiently);
        await page.Ready();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Call", Exact = true })).ToHaveAttributeAsync("aria-pressed", "true");
        await page.Button("Save").ClickAsync();
        await Expect(page.Locator(".timeline ol").First).ToContainTextAsync("She asked for the green one");
        var before = await page.Locator("[data-live=events]").InnerTextAsync();
        await crm.Send("mei", "Product Viewed");
        await Expect(page.Locator("[data-live=events]")).Not.ToHaveTextAsync(before);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task When_a_silo_dies_saving_says_so_and_is_done_when_it_is_back()
    {
        var name = $"Patient {crm.Next()}";
        var page = await crm.Open();
        await page.Go("/companies?new=true");
        await page.Locator("#new-name").Type(name);

        await crm.KillSilo();
        await page.Button("Save").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert)).ToHaveTextAsync("The server is busy or away. Try again in a moment.", new() { Timeout = 60_000 });
        await Expect(page.Locator("#new-name")).ToHaveValueAsync(name);
        await crm.StartSilo();

        await page.Button("Save").ClickAsync();
        await Expect(page.Locator("tr.fresh")).ToContainTextAsync(name, new() { Timeout = 60_000 });
        var made = (await crm.Ask("GET", "/api/v1/companies?limit=200"))["items"]!.AsArray().Count(c => (string?)c!["name"] == name);
        Assert.Equal(1, made);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task When_the_session_ends_what_was_typed_is_there_after_signing_in_again()
    {
        var name = $"Later {crm.Next()}";
        var page = await crm.OpenApart();
        await page.Go("/companies?new=true");
        await page.Locator("#new-name").Type(name);
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync("/sign-out");

        await page.Button("Save").ClickAsync();
        await page.At(@"/sign-in\?then=");
        await page.FillAsync("input[name=username]", WebFixture.Administrator);
        await page.FillAsync("input[name=password]", WebFixture.Password);
        await page.ClickAsync("button[type=submit]");

        await Expect(page.Locator("#new-name")).ToHaveValueAsync(name, s_patiently);
        await page.Context.CloseAsync();
    }
}
