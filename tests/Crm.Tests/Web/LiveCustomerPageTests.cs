using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>Pages that move by themselves.</summary>
[Collection(WebGroup.Name)]
public sealed class LiveCustomerPageTests(WebFixture crm)
{
    [Fact]
    public async Task A_customers_page_moves_with_an_event_that_is_sent_over_HTTP()
    {
        var user = $"live{crm.Next()}";
        await crm.Send(user, "Product Viewed");
        await Listed(user);
        var page = await crm.Open();
        await page.Go($"/customers/u:{user}");
        await page.EvaluateAsync("() => window.sameDocument = true");
        await Expect(page.Locator("[data-live=events]")).ToHaveTextAsync("1");

        await crm.Send(user, "Product Added", new JsonObject { ["product_id"] = "K-7", ["price"] = 12, ["quantity"] = 1, ["currency"] = "EUR" });

        await Expect(page.Locator("[data-live=events]")).ToHaveTextAsync("2");
        await Expect(page.Locator("section[aria-labelledby=cart-title]")).ToContainTextAsync("K-7");
        await Expect(page.Locator(".timeline")).ToContainTextAsync("Added to the cart");
        Assert.True(await page.EvaluateAsync<bool>("() => window.sameDocument === true"), "the page was loaded anew");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_a_shop_told_of_a_person_stands_beside_what_people_wrote()
    {
        var user = $"told{crm.Next()}";
        await crm.Identify(user, new JsonObject { ["plan"] = "gold", ["vip"] = true, ["note"] = "<b>bold</b>" });
        await Listed(user);
        var page = await crm.Open();

        await page.Go($"/customers/u:{user}");

        var traits = page.Locator("section[aria-labelledby=traits-title]");
        await Expect(traits).ToContainTextAsync("gold");
        await Expect(traits).ToContainTextAsync("<b>bold</b>");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_start_counts_on()
    {
        var page = await crm.Open();
        await page.Go("/home");
        var number = page.Locator("[data-live=events]");
        await Expect(number).Not.ToHaveTextAsync("–");
        var before = int.Parse(await number.InnerTextAsync(), NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

        await crm.Send($"live{crm.Next()}", "Product Viewed");

        await Eventually.True(
            async () => int.Parse(await number.InnerTextAsync(), NumberStyles.AllowThousands, CultureInfo.InvariantCulture) > before, "the number of events moves");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_start_counts_who_is_here_and_what_is_sold_today_beside_a_week_ago()
    {
        // Long enough before this moment of the week before, on the same day, whatever the zone.
        var placed = DateTimeOffset.UtcNow.AddDays(-7).AddSeconds(-30);
        var here = (string)(await crm.Ask("GET", "/api/v1/settings/rates"))["baseCurrency"]!;
        await Sell(placed, "40.00", here);
        var page = await crm.Open();
        await page.Go("/home");
        var orders = page.Locator("[data-live=orders]");
        await Expect(orders).Not.ToHaveTextAsync("–");
        var before = Number(await orders.InnerTextAsync());

        await Sell(DateTimeOffset.UtcNow, "60.00", here);
        await Sell(DateTimeOffset.UtcNow, "1.00", "XXX");
        await crm.Send($"live{crm.Next()}", "Product Viewed");

        await Eventually.True(async () => Number(await orders.InnerTextAsync()) == before + 2, "the new orders are counted");
        await Eventually.True(async () => Number(await page.Locator("[data-live=visitors]").InnerTextAsync()) >= 1, "somebody is here");
        await Expect(page.Locator("[data-live=revenue]")).ToContainTextAsync("60");
        await Expect(page.Locator("[data-live=revenue]")).ToContainTextAsync("without a rate");
        await page.Context.CloseAsync();
    }

    private static int Number(string text) => int.TryParse(text.Split([' ', '\n', '▲', '▼'])[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private Task Sell(DateTimeOffset placed, string price, string currency) => crm.Make("orders", new JsonObject
    {
        ["currency"] = currency, ["placedAt"] = placed.ToString("O", CultureInfo.InvariantCulture),
        ["lines"] = new JsonArray(new JsonObject { ["name"] = "水壶", ["quantity"] = 1, ["price"] = new JsonObject { ["amount"] = price, ["currency"] = currency } }),
    });

    private Task Listed(string user) => Eventually.True(
        async () => (await crm.Ask("GET", $"/api/v1/customers?limit=200"))["items"]!.AsArray().Any(c => (string?)c!["id"] == "u:" + user), $"{user} is listed");
}
