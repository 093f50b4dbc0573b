using System.Net.Http.Headers;
using System.Text;
using Crm.Access;
using Microsoft.Playwright;

namespace Crm.Bench;

/// <summary>Chromium, with windows of somebody who is signed in.</summary>
internal sealed class PageBrowser : IAsyncDisposable
{
    private const string Password = "measure-it-well-1";
    private const int Width = 1_360;
    private const int Height = 840;

    private static readonly string[] s_programs = ["chromium", "chromium-browser", "google-chrome"];

    private readonly IPlaywright _driver;
    private readonly IBrowser _browser;
    private readonly Uri _at;
    private readonly string _session;

    private PageBrowser(IPlaywright driver, IBrowser browser, Uri at, string session) => (_driver, _browser, _at, _session) = (driver, browser, at, session);

    /// <summary>Starts it, and makes an administrator of its own, which a folder that people were seeded into has room for, too.</summary>
    public static async Task<PageBrowser> Start(RunningProduct product)
    {
        var at = new Uri($"http://{product.Api}/");
        using var http = new HttpClient { BaseAddress = at };
        var name = "bench-" + Runs.NewId();
        var invitation = await product.Crm("users", "add", name, "--role", "administrator");
        using var made = await http.PostAsync("register", Form(("invitation", invitation), ("password", Password)));
        made.EnsureSuccessStatusCode();
        using var entered = await http.PostAsync("login", Form(("username", name), ("password", Password)));
        entered.EnsureSuccessStatusCode();
        var session = entered.Headers.GetValues(PersonHandler.TokenHeader).Single();
        var driver = await Playwright.CreateAsync();
        var browser = await driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Program(), Args = Environment.IsPrivilegedProcess ? ["--no-sandbox"] : [] });
        return new PageBrowser(driver, browser, at, session);
    }

    /// <summary>A window of a browser that was never there, so that nothing is cached.</summary>
    public async Task<IPage> Open()
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = Width, Height = Height }, BaseURL = _at.GetLeftPart(UriPartial.Authority), Locale = "en", TimezoneId = "Europe/Berlin",
        });
        await context.AddCookiesAsync([new Cookie { Name = PersonHandler.Cookie, Value = _session, Url = _at.ToString(), HttpOnly = true, SameSite = SameSiteAttribute.Strict }]);
        return await context.NewPageAsync();
    }

    /// <summary>Opens an address, and waits until it answers to clicks and shows what it has.</summary>
    public static async Task Go(IPage page, string path)
    {
        await page.GotoAsync(path);
        await page.WaitForSelectorAsync("html[data-ready]", new() { State = WaitForSelectorState.Attached });
        await page.WaitForFunctionAsync("() => !document.querySelector('#main .skeleton')");
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _driver.Dispose();
    }

    /// <summary>A key as clients send it.</summary>
    public static AuthenticationHeaderValue Basic(string key) => new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(key + ":")));

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.ToDictionary(f => f.Name, f => f.Value));

    private static string Program()
    {
        var places =
            from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            from name in s_programs
            select Path.Combine(folder, name);
        return places.FirstOrDefault(File.Exists) ?? throw new InvalidOperationException("Pages are measured in Chromium: apt-get install chromium.");
    }
}
