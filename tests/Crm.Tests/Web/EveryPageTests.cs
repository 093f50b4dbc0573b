using Crm.Infrastructure;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>What every page owes everybody, in any look: axe-core finds nothing serious, and nothing is wider than the window.</summary>
[Collection(WebGroup.Name)]
public sealed class EveryPageTests(WebFixture crm)
{
    [Theory]
    [InlineData("en", WebFixture.Desk, ColorScheme.Light)]
    [InlineData("zh-CN", WebFixture.Phone, ColorScheme.Dark)]
    public Task No_page_keeps_anybody_out(string language, int width, ColorScheme colours) => Look(language, width, colours);

    [FullTheory]
    [InlineData("en", WebFixture.Desk, ColorScheme.Dark)]
    [InlineData("zh-CN", WebFixture.Desk, ColorScheme.Light)]
    [InlineData("en", WebFixture.Phone, ColorScheme.Light)]
    public Task Nor_in_another_look(string language, int width, ColorScheme colours) => Look(language, width, colours);

    [Fact]
    public async Task What_opens_over_a_page_keeps_nobody_out()
    {
        var page = await crm.Open();
        await page.Go("/home");
        var found = new List<string>();
        await page.Keyboard.PressAsync("Control+k");
        await page.GetByRole(AriaRole.Dialog).WaitForAsync();
        found.AddRange(await page.Barriers("the palette"));
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await page.Keyboard.PressAsync("?");
        await page.GetByRole(AriaRole.Dialog).WaitForAsync();
        found.AddRange(await page.Barriers("the shortcuts"));
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await page.Button("Your account").First.ClickAsync();
        await page.GetByText("Sign out").WaitForAsync();
        found.AddRange(await page.Barriers("the user's menu"));

        Assert.True(found.Count == 0, string.Join('\n', found));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_keeps_people_out_is_found()
    {
        var page = await crm.Open(width: WebFixture.Phone);
        await page.Go("/home");
        await page.EvaluateAsync("() => document.querySelector('#main').insertAdjacentHTML('beforeend', '<img src=\"/icon.svg\"><p style=\"width:50rem\">x</p>')");

        Assert.Contains("the page: image-alt", Assert.Single(await page.Barriers("the page")), StringComparison.Ordinal);
        Assert.NotEmpty(await page.TooWide());
        await page.Context.CloseAsync();
    }

    private async Task Look(string language, int width, ColorScheme colours)
    {
        var (page, visitor) = (await crm.Open(width: width, language: language, colours: colours), await crm.Visitor(width, language, colours));
        var found = new List<string>();
        foreach (var each in WebPages.All)
        {
            var here = each.IsOpen ? visitor : page;
            await here.Go(each.In(crm));
            found.AddRange((await here.TooWide()).Select(w => $"{each.Path}: {w}"));
            found.AddRange(await here.Barriers(each.Path));
        }

        Assert.True(found.Count == 0, string.Join('\n', found));
        await page.Context.CloseAsync();
        await visitor.Context.CloseAsync();
    }
}
