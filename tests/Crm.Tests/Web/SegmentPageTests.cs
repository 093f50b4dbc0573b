using System.Text.Json.Nodes;
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
        await Expect(page.Locator(".record-main").GetByRole(AriaRole.Link, new() { Name = "Lucy Lamp" })).ToBeVisibleAsync();

        // Another customer comes in while one looks.
        var other = $"seg{crm.Next()}";
        await crm.Send(other, "Product Viewed", new JsonObject { ["product_id"] = "L-1", ["category"] = category });
        await Expect(page.Locator(".page-head [data-live=members]")).ToHaveTextAsync("Members: 2");

        // The customer's page names it, and leads back.
        await page.Go("/customers/u:" + user);
        await page.Locator(".customer-head").GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
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
}
