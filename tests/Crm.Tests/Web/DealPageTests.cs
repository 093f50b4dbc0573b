using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>What a rep does with deals: win them, offer, date them, and see what others did.</summary>
[Collection(WebGroup.Name)]
public sealed class DealPageTests(WebFixture crm)
{
    [Fact]
    public async Task A_deal_that_is_won_leads_to_its_order()
    {
        var id = await Deal("Win");
        var page = await crm.Open();
        await page.Go("/deals/" + id);
        await page.Button("Won").First.ClickAsync();

        var link = page.Locator(".deal-head .figures a[href^='/orders/']");
        await Expect(link).ToBeVisibleAsync();
        Assert.Equal("won", (string?)(await crm.Ask("GET", "/api/v1/deals/" + id))["status"]);
        await link.ClickAsync();
        await page.At("/orders/");
        await Expect(page.Locator(".record-main")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_deal_has_files_until_it_is_deleted()
    {
        var id = await Deal("Files");
        var page = await crm.Open();
        await page.Go("/deals/" + id);
        await page.Locator(".files input[type=file]").SetInputFilesAsync(new FilePayload { Name = "offer.txt", MimeType = "text/plain", Buffer = "An offer"u8.ToArray() });

        // A name alone is on its way still.
        await Expect(page.Locator(".files a")).ToHaveTextAsync("offer.txt");

        await page.Button("Delete").ClickAsync();
        await page.At("/deals$");
        await page.Go("/deals/" + id);
        await Expect(page.Locator(".files")).ToHaveCountAsync(0);
        await page.Button("Restore").ClickAsync();
        await Expect(page.Locator(".files")).ToContainTextAsync("offer.txt");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Who_changed_an_open_deal_is_said()
    {
        var id = await Deal("Seen");
        var (mine, theirs) = (await crm.Open(), await crm.Open(await crm.Person("administrator")));
        await mine.Go("/deals/" + id);
        await theirs.Go("/deals/" + id);
        await theirs.Button("Proposal").ClickAsync();

        await Expect(mine.Locator(".path [aria-current=step]")).ToHaveTextAsync("Proposal");
        await Expect(mine.Locator(".edited-by")).Not.ToBeEmptyAsync();
        await mine.Context.CloseAsync();
        await theirs.Context.CloseAsync();
    }

    [Fact]
    public async Task A_rep_sees_what_warms_a_deal_of_the_own_customers_and_not_what_others_customers_did()
    {
        var rep = await crm.Person("sales");
        var id = (string)(await crm.Ask("GET", "/api/v1/users?limit=200")).AsArray().Single(u => (string?)u!["userName"] == rep)!["id"]!;
        var (own, other) = ($"own{crm.Next()}", $"other{crm.Next()}");
        foreach (var user in (string[])[own, other])
        {
            await crm.Send(user, "Checkout Started");
            await Eventually.True(async () => (await crm.Ask("GET", "/api/v1/customers?limit=1&filter=" + Uri.EscapeDataString($"id = \"u:{user}\"")))["items"]!.AsArray().Count == 1, "the customer is listed");
        }

        await crm.Ask("PATCH", "/api/v1/customers/u:" + own, new JsonObject { ["owner"] = id });
        var page = await crm.Open(rep);
        foreach (var (user, seen) in ((string, int)[])[(own, 1), (other, 0)])
        {
            var deal = await crm.Make("deals", new JsonObject { ["name"] = $"Warm {crm.Next()}", ["owner"] = id, ["customers"] = new JsonArray("u:" + user) });
            await page.Go("/deals/" + deal);
            await Expect(page.Locator(".heat-head .degree")).ToContainTextAsync("12");
            await Expect(page.Locator(".because li")).ToHaveCountAsync(seen);
        }

        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_deal_goes_to_the_next_month_of_the_forecast_by_keys_and_its_sums_go_with_it()
    {
        var id = await Deal("Foreseen", "2028-03-31");
        var page = await crm.Open();
        await page.Go("/forecast?from=2028-03&months=3");
        var card = page.Locator($"[data-deal='{id}'] a");
        await card.FocusAsync();
        await card.PressAsync("Control+ArrowRight");

        await Expect(page.Locator($"[data-drop='2028-04'] [data-deal='{id}']")).ToBeVisibleAsync();
        await Expect(page.Locator("table tbody tr").First).ToContainTextAsync("April");
        Assert.Equal("2028-04-30", (string?)(await crm.Ask("GET", "/api/v1/deals/" + id))["closeDate"]);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_deal_goes_to_the_next_day_by_keys()
    {
        var id = await Deal("Dated", "2027-03-10");
        var page = await crm.Open();
        await page.Go("/deals/calendar?month=2027-03");
        var card = page.Locator($"[data-deal='{id}'] a");
        await card.FocusAsync();
        await card.PressAsync("Control+ArrowRight");

        await Expect(page.Locator($"[data-drop='2027-03-11'] [data-deal='{id}']")).ToBeVisibleAsync();
        await Expect(card).ToBeFocusedAsync();
        Assert.Equal("2027-03-11", (string?)(await crm.Ask("GET", "/api/v1/deals/" + id))["closeDate"]);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_board_where_nothing_is_found_says_so_once()
    {
        var page = await crm.Open();
        await page.Go("/deals?q=nobody-calls-a-deal-like-this");

        await Expect(page.Locator(".empty")).ToHaveCountAsync(1);
        await Expect(page.Locator("[data-drop]")).ToHaveCountAsync(0);
        await page.Locator(".empty").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.Locator("[data-deal]").First).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    private Task<string> Deal(string name, string day = "2027-01-15") => crm.Make("deals", new JsonObject
    {
        ["name"] = string.Create(CultureInfo.InvariantCulture, $"{name} {crm.Next()}"),
        ["closeDate"] = day,
        ["amount"] = new JsonObject { ["amount"] = "1200.00", ["currency"] = "EUR" },
    });
}
