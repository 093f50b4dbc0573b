using System.Text.Json;
using Crm.Clickstream;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Live;

/// <summary>How the page looks in a real browser, fed with frames of the server's own making.</summary>
[Collection(IngestGroup.Name)]
public sealed class LivePageLookTests(IngestFixture crm, Chromium chromium) : IClassFixture<Chromium>
{
    private const int Phone = 360;
    private const int Desk = 1280;

    // In the stream's place, so that a test decides what the page hears and when.
    private const string Feed = """
        window.EventSource = class extends EventTarget { readyState = 1; constructor() { super(); window.feed = this; } close() { } };
        """;

    private const string Hear = "frame => feed.dispatchEvent(new MessageEvent('pulse', { data: frame }))";
    private const string Lose = "() => feed.dispatchEvent(new Event('error'))";
    private const string TooWide = """
        () => [...document.querySelectorAll('body, .figure, h2, pre, header, section')].filter(e => e.scrollWidth > e.clientWidth).map(e => `${e.tagName} ${e.id} ${e.textContent}`)
        """;

    private static readonly LiveFrame s_empty = new(32, 32, 0, 0, 0, 0, 0, [], []);

    [Theory]
    [InlineData("en")]
    [InlineData("zh-CN")]
    public async Task Nothing_is_wider_than_a_phone(string language)
    {
        var page = await Open(Phone, language);
        foreach (var frame in (LiveFrame[])[s_empty, Busy(1), Busy(1_234_567_890)])
        {
            await page.EvaluateAsync(Hear, Json(frame));
            Assert.Empty(await page.EvaluateAsync<string[]>(TooWide));
            Assert.Equal(Phone, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        }

        await page.EvaluateAsync(Lose);
        Assert.Equal(Phone, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        await page.Context.ClearCookiesAsync();
        await page.GotoAsync(crm.Api.Address + "?token=wrong");
        Assert.Equal(Phone, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
    }

    [Theory]
    [InlineData(Phone)]
    [InlineData(Desk)]
    public async Task Nothing_moves_when_figures_change(int width)
    {
        var page = await Open(width);
        await page.EvaluateAsync(Hear, Json(Busy(0)));
        var before = await Places(page);

        await page.EvaluateAsync(Hear, Json(Busy(987_654)));

        Assert.Equal(before, await Places(page));
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task All_text_has_contrast(ColorScheme colours)
    {
        var page = await Open(Phone, colours: colours);
        await page.EvaluateAsync(Hear, Json(s_empty));
        Assert.Empty(await page.EvaluateAsync<string[]>(Contrast.Faint));
        await page.EvaluateAsync(Hear, Json(Busy(1)));
        Assert.Empty(await page.EvaluateAsync<string[]>(Contrast.Faint));
        await page.EvaluateAsync(Lose);
        Assert.Empty(await page.EvaluateAsync<string[]>(Contrast.Faint));
        await page.Context.ClearCookiesAsync();
        await page.GotoAsync(crm.Api.Address + "?token=wrong");
        Assert.Empty(await page.EvaluateAsync<string[]>(Contrast.Faint));
    }

    [Fact]
    public async Task An_empty_log_says_what_to_do()
    {
        var page = await Open(Phone);

        await page.EvaluateAsync(Hear, Json(s_empty));

        await Expect(page.Locator("#empty")).ToContainTextAsync("No events yet");
        await Expect(page.Locator("#curl")).ToContainTextAsync($"{crm.Api.Address}v1/track");
        await Expect(page.Locator("#newest-section")).ToBeHiddenAsync();
        await page.EvaluateAsync(Hear, Json(Busy(1)));
        await Expect(page.Locator("#empty")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task What_is_not_known_now_is_not_shown_as_if_it_were()
    {
        var page = await Open(Desk);
        await page.EvaluateAsync(Hear, Json(Busy(17)));
        await Expect(page.Locator("#rate")).ToHaveTextAsync("17");

        await page.EvaluateAsync(Lose);

        await Expect(page.Locator("#state-text")).ToHaveTextAsync("Connection lost. Trying again…");
        await Expect(page.Locator("#rate")).ToHaveTextAsync("–");
        await page.EvaluateAsync(Hear, Json(Busy(18)));
        await Expect(page.Locator("#rate")).ToHaveTextAsync("18");
        await page.EvaluateAsync(Hear, Json(Busy(19) with { Answering = 0 }));
        await Expect(page.Locator("#state-text")).ToContainTextAsync("No silo answers");
        await Expect(page.Locator("#lag")).ToHaveTextAsync("–");
    }

    private async Task<IPage> Open(int width, string language = "en", ColorScheme colours = ColorScheme.Light)
    {
        var page = await chromium.Open(width, language, colours);
        await page.AddInitScriptAsync(Feed);
        await page.GotoAsync($"{crm.Api.Address}?token={crm.ServerKey}");
        return page;
    }

    private static Task<string> Places(IPage page) => page.EvaluateAsync<string>("""
        () => JSON.stringify(['graph', 'newest-section', 'active-section'].map(id => document.getElementById(id).getBoundingClientRect()))
        """);

    private static string Json(LiveFrame frame) => JsonSerializer.Serialize(frame, LiveJson.Default.LiveFrame);

    /// <summary>A frame with this number everywhere, and with names as long as an event may have.</summary>
    private static LiveFrame Busy(int number) => new(
        32,
        32,
        number,
        number,
        number + 1L,
        number,
        number,
        [.. Enumerable.Range(0, 20).Select(i => new LiveEvent((i % 2 == 0 ? "a:" : "u:") + new string('w', 100), "track", new string('M', 100), 1_795_000_000_000 + i))],
        [.. Enumerable.Range(0, 12).Select(i => new LiveCustomer((i % 2 == 0 ? "a:" : "u:") + new string('w', 100), number))]);
}
