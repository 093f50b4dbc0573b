using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>Those who bought, seen beside each other.</summary>
[Collection(WebGroup.Name)]
public sealed class RfmPageTests(WebFixture crm)
{
    [Fact]
    public async Task Who_bought_is_seen_in_cells_and_clusters_and_a_segment_is_begun_from_either()
    {
        await WebRecords.Buyers(crm);
        var page = await crm.Open();
        await page.Go("/segments");
        await page.GetByRole(AriaRole.Link, new() { Name = "Buyers compared", Exact = true }).ClickAsync();
        await page.At("/segments/rfm");
        await page.Ready();
        await Expect(page.Locator(".rfm-map td a")).Not.ToHaveCountAsync(0);
        await Expect(page.Locator(".clusters tbody tr")).ToHaveCountAsync(3);
        await Expect(page.Locator(".clusters circle")).Not.ToHaveCountAsync(0);
        await Expect(page.Locator(".clusters tbody tr").First).ToContainTextAsync("Best");

        // Found anew with another number, as many as asked for.
        await page.GetByLabel("Number of clusters").SelectOptionAsync("2");
        await page.Button("Find anew").ClickAsync();
        await Expect(page.Locator(".clusters tbody tr")).ToHaveCountAsync(2);

        await page.Locator(".clusters").GetByRole(AriaRole.Link, new() { Name = "Make a segment: Best", Exact = true }).ClickAsync();
        await page.At("/segments/new");
        await page.Ready();
        await Expect(page.Locator("#segment-definition")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("^cluster = \"c[0-9]+\"$"));
        await page.GoBackAsync();
        await page.Locator(".rfm-map td a").First.ClickAsync();
        await page.Ready();
        await Expect(page.Locator("#segment-definition")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("^rfm.recency = [1-5] and rfm.frequency = [1-5]$"));
    }
}
