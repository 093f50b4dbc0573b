using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>The pages as an app on a phone.</summary>
[Collection(WebGroup.Name)]
public sealed class InstallTests(WebFixture crm)
{
    [Fact]
    public async Task The_manifest_names_icons_that_are_there()
    {
        var page = await crm.Visitor(WebFixture.Phone);
        await page.GotoAsync("/sign-in");
        var path = await page.Locator("link[rel=manifest]").GetAttributeAsync("href");
        var answer = await page.APIRequest.GetAsync(path!);
        Assert.Equal("application/manifest+json", answer.Headers["content-type"]);
        var manifest = JsonNode.Parse(await answer.TextAsync())!;
        Assert.Equal(("/home", "standalone", "/"), ((string?)manifest["start_url"], (string?)manifest["display"], (string?)manifest["scope"]));

        foreach (var icon in manifest["icons"]!.AsArray())
        {
            var picture = await page.APIRequest.GetAsync((string)icon!["src"]!);
            Assert.Equal((200, (string?)icon["type"]), (picture.Status, picture.Headers["content-type"]));
        }

        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_first_visit_brings_less_than_600_KB()
    {
        var page = await crm.Open();
        var wire = await page.Context.NewCDPSessionAsync(page);
        var bytes = 0.0;
        wire.Event("Network.loadingFinished").OnEvent += (_, loaded) => bytes += loaded!.Value.GetProperty("encodedDataLength").GetDouble();
        await wire.SendAsync("Network.enable");

        await page.Go("/home");

        Assert.InRange(bytes, 50_000, 600_000);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Without_a_network_a_page_says_so_and_goes_on_when_it_is_back()
    {
        var page = await crm.Open(width: WebFixture.Phone);
        await page.Go("/home");
        await page.EvaluateAsync("() => navigator.serviceWorker.ready.then(() => true)");
        await page.WaitForFunctionAsync("() => caches.match('/offline.html').then(kept => !!kept)");

        await page.Context.SetOfflineAsync(true);
        await page.GotoAsync("/companies");
        await Expect(page.Heading("The server cannot be reached")).ToBeVisibleAsync();
        await page.Context.SetOfflineAsync(false);

        await Expect(page.Heading("Companies")).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await page.At("/companies$");
        await page.Context.CloseAsync();
    }
}
