using System.Text.Json;
using Crm.Demo;
using Crm.Infrastructure;
using Crm.Live;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Storefront;

/// <summary>The demo shop's page in a real browser, and what the CRM knows of its visitors afterwards.</summary>
[Collection(StorefrontGroup.Name)]
public sealed class ShopPageTests(StorefrontFixture crm)
{
    private const int Phone = 360;

    private readonly List<string> _errors = [];

    [Theory]
    [InlineData("en-GB", "Enamel kettle", "USD", "79.80", "39.90")]
    [InlineData("zh-CN", "搪瓷水壶", "CNY", "574.56", "287.28")]
    public async Task A_walk_through_the_shop_is_known_to_the_CRM(string language, string kettle, string currency, string revenue, string price)
    {
        var page = await Open(language);
        var email = $"{Guid.NewGuid():N}@example.com";
        await page.Locator("[data-consent=yes]").ClickAsync();

        await page.GetByText(kettle).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync(kettle);
        await Expect(page.Locator(".price")).ToContainTextAsync(price);
        await page.Locator("main button.main").ClickAsync();
        await page.Locator("main button.main").ClickAsync();
        await page.Locator("#account").ClickAsync();
        await page.Locator("[name=name]").FillAsync("Ada");
        await page.Locator("[name=email]").FillAsync(email);
        await page.Locator("#sign-in button.main").ClickAsync();
        await page.Locator("#cart-link").ClickAsync();
        await page.Locator("main button.main").ClickAsync();
        await page.WaitForURLAsync("**/shop/thanks/*");
        await page.WaitForFunctionAsync("() => !Object.keys(localStorage).some(it => it.startsWith('crm.q.'))");

        await crm.Applied();
        var profile = (await crm.Profile($"u:shop-{email}"))!.Value;
        Assert.Equal(1, profile.GetProperty("orders").GetInt32());
        Assert.Equal(revenue, profile.GetProperty("revenue").GetProperty(currency).GetString());
        Assert.Equal("""{"KIT-01":2}""", profile.GetProperty("products").GetProperty("purchased").GetRawText());
        Assert.Equal("""{"KIT-01":2}""", profile.GetProperty("products").GetProperty("added").GetRawText());
        Assert.Equal("Ada", profile.GetProperty("traits").GetProperty("name").GetString());
        Assert.Equal(4, profile.GetProperty("counts").GetProperty("byType").GetProperty("page").GetInt32());
        Assert.Single(profile.GetProperty("merges").EnumerateArray());
        await Close(page);
    }

    [Fact]
    public async Task Who_does_not_agree_is_not_watched()
    {
        var page = await Open("en");
        var sent = 0;
        page.Request += (_, request) => sent += request.Method == "POST" ? 1 : 0;

        await page.Locator("[data-consent=no]").ClickAsync();
        await page.GetByText("Kite").ClickAsync();
        await page.Locator("main button.main").ClickAsync();
        await page.GotoAsync(crm.Api + "live.css");

        Assert.Equal(0, sent);
        await Close(page);
    }

    [Theory]
    [InlineData("en", ColorScheme.Light)]
    [InlineData("zh-CN", ColorScheme.Dark)]
    public async Task It_fits_a_phone_and_its_text_has_contrast(string language, ColorScheme colours)
    {
        var page = await Open(language, colours);
        foreach (var path in (string[])["shop", "shop/p/TEA-01", "shop/cart", "shop/s/%25", "shop/nowhere"])
        {
            await page.GotoAsync(crm.Api + path);
            await Expect(page.Locator("h1")).ToBeVisibleAsync();
            Assert.Equal(Phone, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
            Assert.Empty(await page.EvaluateAsync<string[]>(Live.Contrast.Faint));
        }

        await Close(page);
    }

    [Fact]
    public async Task Both_languages_say_the_same_things_and_the_goods_are_the_demos()
    {
        var page = await Open("en");
        var keys = await page.EvaluateAsync<string[]>("async () => { const { texts } = await import('/shop-texts.js'); return Object.values(texts).map(it => Object.keys(it).join()); }");
        Assert.Equal(keys[0], keys[1]);

        var goods = await page.EvaluateAsync<string>("async () => JSON.stringify((await import('/shop-goods.js')).goods)");
        var (dollars, yuan) = (Market.All.Single(m => m.Currency == "USD"), Market.All.Single(m => m.Currency == "CNY"));
        foreach (var offered in JsonDocument.Parse(goods).RootElement.EnumerateArray())
        {
            var product = Assortment.All.Single(p => p.Id == offered.GetProperty("id").GetString());
            var (en, zh) = (offered.GetProperty("en"), offered.GetProperty("zh"));
            Assert.Equal((product.Name, product.Category, product.ChineseName, product.ChineseCategory), (Of(en, "name"), Of(en, "category"), Of(zh, "name"), Of(zh, "category")));
            Assert.Equal((dollars.PriceOf(product), yuan.PriceOf(product)), (decimal.Parse(Of(en, "price")), decimal.Parse(Of(zh, "price"))));
        }

        await Close(page);

        static string Of(JsonElement element, string name) => element.GetProperty(name).GetString()!;
    }

    private async Task<IPage> Open(string language, ColorScheme colours = ColorScheme.Light)
    {
        var page = await crm.Chromium.Open(Phone, language, colours);
        page.PageError += (_, error) => _errors.Add(error);
        await page.GotoAsync(crm.Api + "shop");
        await Expect(page.Locator("h1")).ToBeVisibleAsync();
        return page;
    }

    private async Task Close(IPage page)
    {
        await page.Context.DisposeAsync();
        Assert.Empty(_errors);
    }
}
