using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>What people do on any page.</summary>
internal static class WebSteps
{
    private static readonly LocatorAssertionsToBeAttachedOptions s_patiently = new() { Timeout = 30_000 };

    /// <summary>Opens a page, and waits until it answers to clicks and shows what it has.</summary>
    public static async Task Go(this IPage page, string path)
    {
        await page.GotoAsync(path);
        await page.Ready();
    }

    /// <summary>Waits until the page answers to clicks and shows what it has.</summary>
    public static async Task Ready(this IPage page)
    {
        await Expect(page.Locator("html[data-ready], .plain")).ToBeAttachedAsync(s_patiently);
        await Expect(page.Locator(".skeleton")).ToHaveCountAsync(0, new() { Timeout = 30_000 });
    }

    public static ILocator Button(this IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public static ILocator Heading(this IPage page, string name) => page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true });

    public static ILocator Field(this IPage page, string name) => page.Locator($"[id$='-{name}']").First;

    /// <summary>Types as a person does, and leaves the field.</summary>
    public static async Task Type(this ILocator field, string text)
    {
        await field.FillAsync(text);
        await field.DispatchEventAsync("change");
    }

    /// <summary>A field of a record's card that is changed in place.</summary>
    public static async Task<ILocator> Edit(this IPage page, string label, string name)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Edit " + label + ":" }).ClickAsync();
        var input = page.Locator("#edit-" + name);
        await Expect(input).ToBeVisibleAsync();
        return input;
    }

    /// <summary>What a field of a record's card shows.</summary>
    public static ILocator Shown(this IPage page, string label) => page.GetByRole(AriaRole.Button, new() { Name = "Edit " + label + ":" });

    public static Task At(this IPage page, string pathPattern) => Expect(page).ToHaveURLAsync(new Regex(pathPattern), new() { Timeout = 30_000 });
}
