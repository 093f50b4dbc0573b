using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>The way of a rep from a lead nobody has to an order.</summary>
[Collection(WebGroup.Name)]
public sealed class RepsDayTests(WebFixture crm)
{
    [Fact]
    public async Task A_deal_is_found_offered_pulled_along_and_won()
    {
        var name = $"Teahouse fittings {crm.Next()}";
        var id = await crm.Make("deals", new JsonObject { ["name"] = name, ["closeDate"] = "2027-02-10" });
        var page = await crm.Open(width: 1800);
        await Found(page, name);
        await Noted(page, "Called, wants two kettles");
        await Promised(page, $"Send the offer {name}");
        await Offered(page);
        Assert.Equal("79.80", (string?)(await crm.Ask("GET", "/api/v1/deals/" + id))["amount"]!["amount"]);

        await page.Go("/deals?q=" + Uri.EscapeDataString(name));
        await Pulled(page, id, "Proposal");
        await Pulled(page, id, "Won");

        await page.Go("/deals/" + id);
        var order = page.Locator(".deal-head .figures a[href^='/orders/']");
        await Expect(order).ToBeVisibleAsync();
        var made = await crm.Ask("GET", "/api/v1" + await order.GetAttributeAsync("href"));
        Assert.Equal(("79.80", 1), ((string?)made["total"]!["amount"], made["lines"]!.AsArray().Count));
        var task = (await crm.Ask("GET", "/api/v1/tasks?limit=1&filter=" + Uri.EscapeDataString($"deal = \"{id}\"")))["items"]!.AsArray().Single()!;
        Assert.Equal($"Send the offer {name}", (string?)task["subject"]);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_lead_is_claimed_from_the_pool_and_becomes_a_deal_which_can_be_undone()
    {
        var name = $"Zhao Lei {crm.Next()}";
        var id = await crm.Make("leads", new JsonObject { ["name"] = name, ["company"] = $"Mountain Tea {crm.Next()}", ["owner"] = null });
        var page = await crm.Open();
        await page.Go("/leads/pool");
        await crm.Ask("POST", $"/api/v1/leads/{id}/release", new JsonObject());
        await page.Button("Claim " + name).ClickAsync();
        await Expect(page.Locator(".mud-snackbar", new() { HasText = $"{name} is yours." })).ToBeVisibleAsync();
        await Expect(page.Button("Claim " + name)).ToHaveCountAsync(0);

        await page.Go("/leads/" + id);
        await page.Button("Convert").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Convert", Exact = true }).ClickAsync();
        await Expect(page.Locator(".lead-path [aria-current=step]")).ToHaveTextAsync("Converted");
        var lead = await crm.Ask("GET", "/api/v1/leads/" + id);
        var deal = await crm.Ask("GET", "/api/v1/deals/" + (string?)lead["deal"]);
        Assert.Equal((string?)lead["company"], (string?)deal["name"]);

        await page.Button("Undo the conversion").ClickAsync();
        await page.Locator(".lead-path .confirm button, dialog[open] .button.danger").First.ClickAsync();
        await Expect(page.Locator(".lead-path [aria-current=step]")).Not.ToHaveTextAsync("Converted");
        Assert.Empty((await crm.Ask("GET", "/api/v1/deals?limit=1&filter=" + Uri.EscapeDataString($"id = \"{(string?)lead["deal"]}\"")))["items"]!.AsArray());
        await page.Context.CloseAsync();
    }

    private static async Task Found(IPage page, string name)
    {
        await page.Go("/home");
        await page.Keyboard.PressAsync("Control+k");

        // Whoever is quick types before the palette is there.
        await page.Keyboard.TypeAsync(name);
        await Expect(page.Locator("#palette-list [role=option]").First).ToContainTextAsync(name);
        await page.Keyboard.PressAsync("Enter");
        await page.At("/deals/de_");
        await Expect(page.Locator("h1").First).ToContainTextAsync(name);
    }

    private static async Task Noted(IPage page, string text)
    {
        await page.FillAsync("#composer-text", text);
        await page.Locator(".composer").GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.Locator(".timeline ol").First).ToContainTextAsync(text);
    }

    private static async Task Promised(IPage page, string text)
    {
        await page.Locator(".composer").GetByRole(AriaRole.Button, new() { Name = "Task", Exact = true }).ClickAsync();
        await page.FillAsync("#composer-text", text);
        await page.Locator("#composer-due").FillAsync("2027-01-05T10:00");
        await page.Locator(".composer").GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.Locator(".timeline ol").First).ToContainTextAsync(text);
    }

    // Two of the catalogue's kettles, at their price.
    private async Task Offered(IPage page)
    {
        await page.Button("Add lines").ClickAsync();
        var product = page.Locator(".lines-form [role=combobox]");
        await product.PressSequentiallyAsync("搪瓷");
        await page.Locator(".lines-form [role=option]", new() { HasText = "搪瓷水壶" }).First.ClickAsync();
        await page.Locator(".lines-form input[id$=-quantity]").FillAsync("2");
        await Expect(page.Locator(".lines-form .sum")).ToContainTextAsync("79.80");
        await page.Locator(".lines-form").GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.Locator(".lines-table .total")).ToContainTextAsync("79.80");
    }

    private static async Task Pulled(IPage page, string deal, string stage)
    {
        var column = page.Locator(".stage", new() { Has = page.GetByRole(AriaRole.Heading, new() { Name = stage }) });
        await page.Locator($"[data-deal='{deal}']").DragToAsync(column);
        await Expect(column.Locator($"[data-deal='{deal}']")).ToBeVisibleAsync();
    }
}
