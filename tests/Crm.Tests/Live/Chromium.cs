using Microsoft.Playwright;
using Xunit;

namespace Crm.Live;

/// <summary>
/// A real browser for a test class: the machine's Chromium. The long tests take the one that people have, without showing its window;
/// the others, where it is installed, Chromium built without windows: the same engine, and a third less time for each page.
/// </summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string WithoutWindows = "chromium-headless-shell";

    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome"];

    private IPlaywright? _driver;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        // What is looked for comes; how soon is a benchmark's question, and tests share two cores with each other.
        Assertions.SetDefaultExpectTimeout(20_000);
        _driver = await Playwright.CreateAsync();
        _browser = await _driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program(),
            // Chromium's sandbox refuses root, as which continuous integration runs. Only this product's page is opened.
            Args = Environment.IsPrivilegedProcess ? ["--no-sandbox"] : [],
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await TellWhatIsOpen(_browser);
            await _browser.DisposeAsync();
        }

        _driver?.Dispose();
    }

    // A test that failed left its page open; what stood there is the first thing one asks.
    private static async Task TellWhatIsOpen(IBrowser browser)
    {
        if (Environment.GetEnvironmentVariable("CRM_TEST_RESULTS") is not { Length: > 0 } folder) return;
        foreach (var page in browser.Contexts.SelectMany(c => c.Pages))
        {
            try
            {
                var text = await page.EvaluateAsync<string>("document.body.innerText");
                await File.AppendAllTextAsync(Path.Combine(folder, "open-pages.txt"), $"--- {page.Url}\n{text[..Math.Min(text.Length, 4_000)]}\n");
            }
            catch (PlaywrightException)
            {
                // It is closing by itself.
            }
        }
    }

    /// <summary>A new visitor with a window of that width, who wants that language and those colours.</summary>
    /// <param name="at">Where its addresses without a host are; null: nowhere.</param>
    /// <param name="cookies">What the visitor brings.</param>
    public async Task<IPage> Open(int width, string language = "en", ColorScheme colours = ColorScheme.Light, Uri? at = null, params Cookie[] cookies)
    {
        var visitor = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 800 },
            Locale = language,
            ColorScheme = colours,
            BaseURL = at?.GetLeftPart(UriPartial.Authority),
            TimezoneId = at is null ? null : "Europe/Berlin",
        });
        if (cookies.Length > 0) await visitor.AddCookiesAsync(cookies);
        return await visitor.NewPageAsync();
    }

    private static string Program()
    {
        string[] names = Environment.GetEnvironmentVariable("CRM_FULL") == "1" ? [.. s_names, WithoutWindows] : [WithoutWindows, .. s_names];
        var places =
            from name in names
            from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            select Path.Combine(folder, name);
        return places.FirstOrDefault(File.Exists) ?? throw new InvalidOperationException("The tests of the page need Chromium: apt-get install chromium.");
    }
}
