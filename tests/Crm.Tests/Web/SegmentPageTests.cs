using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>A segment is made, watched and changed by somebody who sees the pages alone.</summary>
[Collection(WebGroup.Name)]
public sealed class SegmentPageTests(WebFixture crm)
{
    [Fact]
    public async Task A_segment_is_written_counted_saved_and_seen_with_its_customers()
    {
        var (user, category, name) = ($"seg{crm.Next()}", $"Lamp{crm.Next()}x{Guid.NewGuid().ToString("N")[..5]}", $"Lamp lovers {crm.Next()}");
        await crm.Send(user, "Product Viewed", new JsonObject { ["product_id"] = "L-1", ["category"] = category });
        await crm.Identify(user, new JsonObject { ["name"] = "Lucy Lamp" });
        var page = await crm.Open();
        await page.Go("/segments");
        await page.GetByRole(AriaRole.Link, new() { Name = "+ New segment", Exact = true }).ClickAsync();
        await page.At("/segments/new");
        await page.Ready();

        // What is wrong is said while one types, with its place.
        await page.FillAsync("#segment-definition", $"count(\"Product Viewed\" where category = \"{category}\" in last 7d >= 1");
        await Expect(page.Locator("#segment-definition-said .field-error")).ToBeVisibleAsync();
        await Expect(page.Locator("#segment-definition-said mark")).ToBeVisibleAsync();
        await page.FillAsync("#segment-definition", $"count(\"Product Viewed\" where category = \"{category}\" in last 7d) >= 1");
        await Expect(page.Locator("[data-live=preview]")).ToContainTextAsync("Lucy Lamp");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await page.GetByLabel("Name", new() { Exact = true }).BlurAsync();
        await page.Button("Save").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync(name);
        await Expect(page.Locator(".page-head [data-live=members]")).ToHaveTextAsync("Members: 1");
        await Expect(page.Locator(".rows").GetByRole(AriaRole.Link, new() { Name = "Lucy Lamp" })).ToBeVisibleAsync();

        // Another customer comes in while one looks.
        var other = $"seg{crm.Next()}";
        await crm.Send(other, "Product Viewed", new JsonObject { ["product_id"] = "L-1", ["category"] = category });
        await Expect(page.Locator(".page-head [data-live=members]")).ToHaveTextAsync("Members: 2");

        // The customer's page names it, and leads back.
        await page.Go("/customers/u:" + user);
        await page.Locator(".customer-head").GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync($"Product viewed (category is {category}), in the last 7 days: at least 1");
        await page.GetByRole(AriaRole.Link, new() { Name = "Open the segment" }).ClickAsync();
        await page.At("/segments/sg_");
        await page.Ready();
        await page.GetByRole(AriaRole.Link, new() { Name = "Open as list" }).ClickAsync();
        await page.At(@"/customers\?f=");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Lucy Lamp", Exact = true }).First).ToBeVisibleAsync();

        // Another definition is another version; the old one comes back by a click.
        await page.GoBackAsync();
        await page.Ready();
        await page.FillAsync("#segment-definition", $"count(\"Product Viewed\" where category = \"{category}\" in last 7d) >= 2");
        await page.Button("Save").ClickAsync();
        await Expect(page.Locator(".page-head [data-live=members]")).ToHaveTextAsync("Members: 0");
        await page.GetByRole(AriaRole.Link, new() { Name = "Versions", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Take this one", Exact = true }).Last.ClickAsync();
        await page.Button("Save").ClickAsync();
        await Expect(page.Locator(".page-head [data-live=members]")).ToHaveTextAsync("Members: 2");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_segment_is_built_by_clicks_and_says_why_somebody_is_in_it()
    {
        var (user, category, name) = ($"seg{crm.Next()}", $"Shoes{crm.Next()}x{Guid.NewGuid().ToString("N")[..5]}", $"Shoe lovers {crm.Next()}");
        for (var view = 0; view < 3; view++) await crm.Send(user, "Product Viewed", new JsonObject { ["product_id"] = "S-1", ["category"] = category });
        await crm.Identify(user, new JsonObject { ["name"] = "Sophie Shoe" });
        await crm.Send(user, "Shoes " + category + " Tried", new JsonObject { ["leather"] = "brown" });
        await Eventually.True(
            async () => (await crm.Ask("GET", "/api/v1/customers?limit=5&sort=-lastSeen"))["items"]!.AsArray().Any(c => (string?)c!["id"] == "u:" + user)
                && (await crm.Ask("GET", $"/api/v1/customers/u:{user}/timeline?kinds=event"))["items"]!.AsArray().Count >= 5,
            "what the customer did is told");
        var page = await crm.Open();
        await page.Go("/segments/new");

        // At least 3 views of shoes in 7 days ...
        await page.Button("+ Condition").ClickAsync();
        var row = page.Locator(".built-row").First;
        await Expect(row.GetByLabel("What is looked at")).ToBeFocusedAsync();
        await Expect(page.Locator($"#built-events option[value='Shoes {category} Tried']")).ToBeAttachedAsync();
        await Expect(page.Locator("#built-properties option[value=leather]")).ToBeAttachedAsync();
        await row.GetByLabel("Name of the event").FillAsync("Product Viewed");
        await row.GetByLabel("Name of the event").PressAsync("Enter");
        await Expect(row.GetByText("Product viewed", new() { Exact = true })).ToBeVisibleAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "+ where" }).ClickAsync();
        await row.GetByLabel("Property").FillAsync("category");
        await row.GetByLabel("Value").FillAsync(category);
        await row.GetByLabel("In which time").SelectOptionAsync("last");
        await row.GetByLabel("Number", new() { Exact = true }).FillAsync("3");
        await row.GetByLabel("Number", new() { Exact = true }).BlurAsync();
        await Expect(page.Locator("#segment-definition")).ToHaveValueAsync($"count(\"Product Viewed\" where category = \"{category}\" in last 7d) >= 3");
        await Expect(page.Locator("[data-live=preview]")).ToContainTextAsync("Sophie Shoe");

        // ... and no order.
        await page.Button("+ Condition").ClickAsync();
        await Expect(page.Button("Save")).ToBeDisabledAsync();
        row = page.Locator(".built-row").Nth(1);
        await row.GetByLabel("Name of the event").FillAsync("Order Completed");
        await row.GetByLabel("Name of the event").PressAsync("Enter");
        await row.GetByLabel("Condition", new() { Exact = true }).SelectOptionAsync("=");
        await row.GetByLabel("Number", new() { Exact = true }).FillAsync("0");
        await row.GetByLabel("Number", new() { Exact = true }).BlurAsync();
        await Expect(page.Locator("#segment-definition")).ToHaveValueAsync($"count(\"Product Viewed\" where category = \"{category}\" in last 7d) >= 3 and count(\"Order Completed\") = 0");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await page.GetByLabel("Name", new() { Exact = true }).BlurAsync();
        await page.Button("Save").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync(name);
        await Expect(page.Locator(".page-head [data-live=members]")).ToHaveTextAsync("Members: 1");

        await page.Button("Why is Sophie Shoe in it?").ClickAsync();
        var why = page.GetByRole(AriaRole.Dialog);
        await Expect(why.Locator(".why-part.holds")).ToHaveCountAsync(2);
        await Expect(why).ToContainTextAsync($"Product viewed (category is {category}), in the last 7 days: at least 3");
        await Expect(why).ToContainTextAsync("Holds until");
        await Expect(why.Locator(".why-events li")).ToHaveCountAsync(3);
        Assert.Empty(await page.Barriers("the reason"));
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);

        // What is typed is what the builder shows.
        await page.FillAsync("#segment-definition", "orders >= 2 and not known = true");
        await Expect(page.Locator(".built-row")).ToHaveCountAsync(2);
        await Expect(page.Locator(".built-row").First.GetByLabel("What is looked at")).ToHaveValueAsync("orders");

        // The list's sizes move by themselves.
        await page.Go("/segments");
        var size = page.Locator("tr", new() { HasText = name }).Locator("[data-live=members]");
        await Expect(size).ToHaveTextAsync("1");
        var other = $"seg{crm.Next()}";
        for (var view = 0; view < 3; view++) await crm.Send(other, "Product Viewed", new JsonObject { ["product_id"] = "S-1", ["category"] = category });
        await Expect(size).ToHaveTextAsync("2");
        await page.Context.CloseAsync();
    }
}
