using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Crm.Infrastructure;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>What is around every page: languages, palette, shortcuts, and a window as narrow as a phone.</summary>
[Collection(WebGroup.Name)]
public sealed class ShellPageTests(WebFixture crm)
{
    [Fact]
    public async Task Another_language_keeps_the_page()
    {
        var page = await crm.Open();
        await page.Go("/companies?q=xinghe&sort=name");

        await page.Button("Your account").First.ClickAsync();
        await page.GetByText("简体中文").ClickAsync();

        await Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "zh-CN");
        await page.At(@"/companies\?q=xinghe&sort=name$");
        await page.Ready();
        await Expect(page.Heading("公司")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "星河贸易" })).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_navigation_leads_from_each_place_to_the_next_also_when_nobody_waits_for_it()
    {
        var page = await crm.Open();
        await page.Go("/home");
        var links = page.Locator(".nav a[href^='/']");
        var places = (await links.EvaluateAllAsync<string[]>("all => all.map(a => a.getAttribute('href'))")).ToArray();
        Assert.Contains("/companies", places);

        foreach (var place in places.Concat(places.Reverse()))
        {
            await page.Locator($".nav a[href='{place}']").First.ClickAsync();
            await Expect(page.Locator($".nav a[href='{place}'][aria-current=page]").First).ToBeAttachedAsync();
            var name = place switch { "/home" => "^Hello", "/settings" => "^My account$", _ => $"^{await page.Locator($".nav a[href='{place}']").First.InnerTextAsync()}$" };
            await Expect(page.Locator("#main h1").First).ToHaveTextAsync(new Regex(name));
            await page.Ready();
        }

        for (var round = 0; round < 10; round++)
            foreach (var place in places) await page.EvaluateAsync("place => document.querySelector(`.nav a[href='${place}']`).click()", place);
        await page.Locator(".nav a[href='/companies']").ClickAsync();
        await Expect(page.Heading("Companies")).ToBeVisibleAsync();
        await Expect(page.Locator("tr[data-id] .row-link").First).ToHaveAttributeAsync("href", new Regex("^/companies/"));
        Assert.True(crm.Broken.Count == 0, string.Join('\n', crm.Broken));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_shows_components_is_for_development_alone()
    {
        var page = await crm.Open();

        var answer = await page.GotoAsync("/design");

        Assert.Equal(404, answer!.Status);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_palette_finds_a_customer_by_a_part_of_its_name_and_opens_it_by_keyboard_alone()
    {
        var name = $"Aurelia Vandermeer {crm.Next()}";
        var id = await crm.Make("customers", new JsonObject { ["name"] = name });
        await Eventually.True(async () => (await crm.Ask("GET", "/api/v1/customers?q=andermeer"))["items"]!.AsArray().Any(c => (string?)c!["id"] == id), "the customer is found");
        var page = await crm.Open();
        await page.Go("/home");

        await page.Keyboard.PressAsync("Control+k");
        await Expect(page.Locator(".palette-input")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("andermeer");
        await Expect(page.Locator("#palette-list [aria-selected=true]")).ToContainTextAsync(name);
        await page.Keyboard.PressAsync("Enter");

        await page.At($"/customers/{Uri.EscapeDataString(id).Replace(":", "(:|%3A)", StringComparison.Ordinal).Replace("%3A", "(:|%3A)", StringComparison.Ordinal)}$");
        await Expect(page.Heading(name)).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Shortcuts_lead_to_places_and_not_while_one_types()
    {
        var page = await crm.Open();
        await page.Go("/home");
        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Keyboard shortcuts");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();

        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("o");
        await page.At("/companies$");
        await page.Ready();
        await page.GetByRole(AriaRole.Searchbox).PressSequentiallyAsync("gc");

        await page.At(@"/companies\?q=gc$");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Names_that_are_long_foreign_or_hostile_are_only_text()
    {
        var name = "<script>document.title='taken'</script>" + new string('W', 100) + " שלום 👩‍🚀";
        var id = await crm.Make("companies", new JsonObject { ["name"] = name });
        var page = await crm.Open(width: WebFixture.Phone);

        await page.Go("/companies/" + id);

        await Expect(page.Locator("h1")).ToHaveTextAsync(name);
        Assert.DoesNotContain("taken", (await page.TitleAsync()).Split('<')[0], StringComparison.Ordinal);
        Assert.Empty(await page.TooWide());
        await page.Context.CloseAsync();
    }
}
