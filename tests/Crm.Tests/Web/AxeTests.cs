using Crm.Infrastructure;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>What axe-core finds on the pages: nothing serious, in any look.</summary>
[Collection(WebGroup.Name)]
public sealed class AxeTests(WebFixture crm)
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
        found.AddRange(await Found(page, "the palette"));
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await page.Keyboard.PressAsync("?");
        await page.GetByRole(AriaRole.Dialog).WaitForAsync();
        found.AddRange(await Found(page, "the shortcuts"));
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await page.Button("Your account").First.ClickAsync();
        await page.GetByText("Sign out").WaitForAsync();
        found.AddRange(await Found(page, "the user's menu"));

        Assert.True(found.Count == 0, string.Join('\n', found));
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
            found.AddRange(await Found(here, each.Path));
        }

        Assert.True(found.Count == 0, string.Join('\n', found));
        await page.Context.CloseAsync();
        await visitor.Context.CloseAsync();
    }

    private static async Task<IEnumerable<string>> Found(IPage page, string where)
    {
        // What moves while it appears has other colours for a moment.
        await page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        var result = await page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        return from violation in result.Violations
               where violation.Impact is "serious" or "critical"
               from node in violation.Nodes.Take(3)
               select $"{where}: {violation.Id}: {node.Html} ({string.Join("; ", node.Any.Concat(node.All).Select(c => c.Message).Take(1))})";
    }
}
