using System.Text.RegularExpressions;
using Crm.Access;
using Crm.Clickstream;
using Crm.Live;
using Microsoft.OpenApi;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Documentation;

/// <summary>The description as it is served, and the page that shows it.</summary>
[Collection(IngestGroup.Name)]
public sealed class DocsPageTests(IngestFixture crm, Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task What_is_served_is_an_OpenAPI_document()
    {
        using var response = await crm.AskRaw("GET", "/openapi.json", null, "");
        var text = await response.Content.ReadAsStringAsync();
        var read = OpenApiDocument.Parse(text, OpenApiConstants.Json);

        Assert.True(response.IsSuccessStatusCode);
        Assert.StartsWith("{\n  \"openapi\": \"3.1", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Empty(read.Diagnostic!.Errors);
        foreach (var path in (string[])["/api/v1/companies", "/api/v1/orders/{id}/refund", "/api/v1/fields", "/api/v1/me/notifications", "/v1/track"]) Assert.True(read.Document!.Paths.ContainsKey(path), path);
        foreach (var match in Regex.Matches(text, "\"\\$ref\": \"#/components/(\\w+)/([\\w.-]+)\"").Cast<Match>().DistinctBy(m => m.Value))
            Assert.Matches($"\"{match.Groups[2].Value}\": \\{{", text);
        var shown = read.Document!.Paths["/api/v1/me/notifications"].Operations![HttpMethod.Get].Responses!["200"].Content!["application/json"].Example;
        Assert.Equal("Send the offer", (string?)shown!["data"]![0]!["title"]);
        Assert.Equal(text, await (await crm.AskRaw("GET", "/openapi/v1.json", null, "")).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_page_shows_all_of_it_and_finds_what_is_looked_for()
    {
        var page = await chromium.Open(1280);
        var faults = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error") faults.Add(message.Text);
        };
        page.PageError += (_, fault) => faults.Add(fault);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(crm.Api.Address.ToString(), StringComparison.Ordinal)) faults.Add(request.Url);
        };
        await page.GotoAsync(new Uri(crm.Api.Address, "/docs").ToString());

        await Expect(page.Locator("#state")).ToBeHiddenAsync();
        await Expect(page.Locator("section#createCompany")).ToContainTextAsync("Acme Ltd");
        await Expect(page.Locator("section#listDeals")).ToContainTextAsync("The filter language.");
        await page.GetByLabel("Find").FillAsync("orders refund");
        await Expect(page.Locator("section:visible")).ToHaveCountAsync(1);
        await Expect(page.Locator("section:visible h3")).ToHaveTextAsync("post /api/v1/orders/{id}/refund");
        Assert.Empty(faults);
    }

    [Fact]
    public async Task The_page_fits_a_phone()
    {
        var page = await chromium.Open(360);
        await page.GotoAsync(new Uri(crm.Api.Address, "/docs#createCompany").ToString());

        await Expect(page.Locator("#state")).ToBeHiddenAsync();
        Assert.Equal(360, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
    }
}
