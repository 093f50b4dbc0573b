using System.Globalization;
using System.Net;
using Crm.Clickstream;
using Crm.Embedded;
using Crm.Proofs;
using Crm.Running;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Live;

/// <summary>The page of the whole product, in a real browser, while its API dies.</summary>
[Collection(nameof(WholeProduct))]
public sealed class LivePageLossTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly LocatorAssertionsToHaveTextOptions s_patiently = new() { Timeout = 60_000 };

    [Fact]
    public async Task When_the_api_was_killed_the_page_says_so_comes_back_by_itself_and_goes_on_counting()
    {
        await using var product = await Product.Start();
        var writeKey = await product.Key("write");
        var address = $"http://127.0.0.1:{product.Port}/?token={(await File.ReadAllTextAsync(InRun(product, "page-token"))).Trim()}";
        var page = await chromium.Open(1280);
        await page.GotoAsync(address);
        await Send(product, writeKey);
        await Expect(page.Locator("#total")).ToHaveTextAsync("1", s_patiently);

        await File.WriteAllTextAsync(InRun(product, "api.hold"), "");
        Api(product).Signal(UnixProcess.SigKill);
        await Expect(page.Locator("#state-text")).ToHaveTextAsync("Connection lost. Trying again…", s_patiently);
        File.Delete(InRun(product, "api.hold"));

        await Expect(page.Locator("#state-text")).ToHaveTextAsync("Live", s_patiently);
        await Send(product, writeKey);
        await Expect(page.Locator("#total")).ToHaveTextAsync("2", s_patiently);
        var another = await chromium.Open(1280);
        await another.GotoAsync(address);
        await Expect(another.Locator("#total")).ToHaveTextAsync("2", s_patiently);
    }

    private static UnixProcess Api(Product product) =>
        UnixProcess.Find(int.Parse(File.ReadAllText(InRun(product, "api.pid")), CultureInfo.InvariantCulture))!.Value;

    private static async Task Send(Product product, string key)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{product.Port}") };
        http.DefaultRequestHeaders.Authorization = IngestFixture.Basic(key);
        using var answer = await http.PostAsync(new Uri("/v1/track", UriKind.Relative), new StringContent("""{"userId":"ada","event":"Seen"}"""));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static string InRun(Product product, string name) => Path.Combine(product.Data, "run", name);
}
