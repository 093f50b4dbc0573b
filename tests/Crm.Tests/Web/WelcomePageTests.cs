using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>What a new installation asks first.</summary>
[Collection(WebGroup.Name)]
public sealed class WelcomePageTests(WebFixture crm)
{
    [Fact]
    public void The_first_account_is_led_to_it() => Assert.Equal("/welcome", crm.Given["first"]);

    [Fact]
    public async Task The_snippet_has_a_key_that_works_and_the_first_event_is_seen_to_arrive()
    {
        var page = await crm.Open();
        await page.Go("/welcome");
        await page.Button("Make the snippet").ClickAsync();
        await Expect(page.Locator(".arrival")).ToHaveTextAsync("Waiting for the first event…");
        var snippet = await page.Locator(".snippet").InnerTextAsync();
        Assert.Contains($"import {{ load }} from '{crm.Address}crm.js';", snippet, StringComparison.Ordinal);

        // As it stands, in a page of a shop.
        var shop = await crm.Visitor();
        await shop.RouteAsync("**/my-shop", route => route.FulfillAsync(new() { ContentType = "text/html", Body = $"<!doctype html><title>Tea</title>{snippet}" }));
        await shop.GotoAsync("/my-shop");

        await Expect(page.Locator(".arrival.here")).ToContainTextAsync("The first event arrived at", new() { Timeout = 15_000 });
        var keys = (await crm.Ask("GET", "/api/v1/keys?source=website"))["data"]!.AsArray();
        Assert.NotEmpty(keys);
        Assert.All(keys, key => Assert.Equal("write", (string?)key!["kind"]));
        await page.Context.CloseAsync();
        await shop.Context.CloseAsync();
    }

    [Fact]
    public async Task Currency_and_zone_are_kept()
    {
        var page = await crm.Open();
        await page.Go("/welcome");
        await Expect(page.GetByLabel("Time zone in which your days begin")).ToHaveValueAsync("Europe/Berlin");
        await page.GetByLabel("Base currency: amounts in others are compared in it").SelectOptionAsync("EUR");
        await page.GetByLabel("Time zone in which your days begin").SelectOptionAsync("Asia/Shanghai");
        await page.Button("Save").ClickAsync();
        await Expect(page.GetByText("Saved.")).ToBeVisibleAsync();

        var company = await crm.Ask("GET", "/api/v1/settings/company");
        Assert.Equal(("EUR", "Asia/Shanghai"), ((string?)company["baseCurrency"], (string?)company["timeZone"]));
        await page.Go("/welcome");
        await Expect(page.GetByLabel("Time zone in which your days begin")).ToHaveValueAsync("Asia/Shanghai");
        await crm.Ask("PATCH", "/api/v1/settings/company", new JsonObject { ["timeZone"] = "Etc/UTC" });
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_language_is_chosen_there_and_no_demo_is_offered_where_nothing_keeps_one()
    {
        var page = await crm.Open();
        await page.Go("/welcome");
        await Expect(page.Button("Make the snippet")).ToBeVisibleAsync();
        await Expect(page.Heading("Demo shop")).ToHaveCountAsync(0);

        await page.Button("简体中文").ClickAsync();

        await Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "zh-CN");
        await page.At("/welcome$");
        await Expect(page.Heading("设置您的 CRM")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Who_does_not_administer_is_told_so()
    {
        var page = await crm.Open(await crm.Person("sales"));
        await page.Go("/welcome");

        await Expect(page.Heading("Administrators set this up")).ToBeVisibleAsync();
        await Expect(page.Button("Make the snippet")).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }
}
