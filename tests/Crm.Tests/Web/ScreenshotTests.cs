using Crm.Infrastructure;
using Microsoft.Playwright;
using Xunit;

namespace Crm.Web;

/// <summary>Pictures of every page, for people to look at.</summary>
[Collection(WebGroup.Name)]
public sealed class ScreenshotTests(WebFixture crm)
{
    [ScreenshotTheory]
    [InlineData("desk-light", "en", WebFixture.Desk, ColorScheme.Light)]
    [InlineData("desk-dark", "en", WebFixture.Desk, ColorScheme.Dark)]
    [InlineData("phone", "en", WebFixture.Phone, ColorScheme.Light)]
    [InlineData("chinese", "zh-CN", WebFixture.Desk, ColorScheme.Light)]
    [InlineData("chinese-phone-dark", "zh-CN", WebFixture.Phone, ColorScheme.Dark)]
    public async Task Every_page_has_its_picture(string look, string language, int width, ColorScheme colours)
    {
        await WebRecords.Buyers(crm);
        var folder = Path.Combine(Environment.GetEnvironmentVariable(ScreenshotTheoryAttribute.Folder)!, look);
        var (page, visitor) = (await crm.Open(width: width, language: language, colours: colours), await crm.Visitor(width, language, colours));
        foreach (var each in WebPages.All)
        {
            var here = each.IsOpen ? visitor : page;
            await here.Go(each.In(crm));
            await here.ScreenshotAsync(new() { Path = Path.Combine(folder, each.Name + ".png"), Animations = ScreenshotAnimations.Disabled });
        }

        Assert.Equal(WebPages.All.Count, Directory.EnumerateFiles(folder, "*.png").Count());
        await page.Context.CloseAsync();
        await visitor.Context.CloseAsync();
    }
}

/// <summary>Takes pictures into the folder that CRM_SCREENSHOTS names: <c>./test --screenshots</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ScreenshotTheoryAttribute : TheoryAttribute
{
    public const string Folder = "CRM_SCREENSHOTS";

    public ScreenshotTheoryAttribute() => Skip = Environment.GetEnvironmentVariable(Folder) is { Length: > 0 } ? null : "takes pictures: runs with ./test --screenshots";
}
