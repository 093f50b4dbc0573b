using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>Coming in and going out, by the pages.</summary>
[Collection(WebGroup.Name)]
public sealed class SignInPageTests(WebFixture crm)
{
    [Fact]
    public async Task A_wrong_password_is_told_in_words_and_the_right_one_leads_where_one_wanted_to_go()
    {
        var page = await crm.Visitor();
        await page.GotoAsync("/companies?q=xing");
        await page.At("/sign-in");
        await Enter(page, "wrong-horse-1");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The user name or the password is wrong.");

        await Enter(page, WebFixture.Password);

        await page.At(@"/companies\?q=xing$");
        await Expect(page.Heading("Companies")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Another_language_is_chosen_before_one_signs_in_and_leads_to_the_same_place()
    {
        var page = await crm.Visitor();
        await page.GotoAsync("/companies?q=xing");
        await page.GetByRole(AriaRole.Link, new() { Name = "简体中文" }).ClickAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "zh-CN");

        await Enter(page, WebFixture.Password);

        await page.At(@"/companies\?q=xing$");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_an_open_page_asks_to_sign_in_with_its_next_step()
    {
        var page = await crm.OpenApart();
        await page.Go("/companies");
        var other = await page.Context.NewPageAsync();
        await other.Go("/home");

        await other.Button("Your account").First.ClickAsync();
        await other.GetByText("Sign out").ClickAsync();
        await other.At(@"/sign-in(\?|$)");

        // Unless it noticed by itself before, and the field is gone.
        var asks = page.At(@"/sign-in\?then=");
        await Task.WhenAny(asks, page.GetByRole(AriaRole.Searchbox).FillAsync("star"));

        await asks;
        await Enter(page, WebFixture.Password);
        await page.At("/companies");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_is_not_there_says_so_and_leads_back()
    {
        var page = await crm.Open();
        await page.Go("/nowhere");

        await Expect(page.Heading("There is no such page")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Go to the start" }).ClickAsync();
        await page.At("/home$");
        await page.Context.CloseAsync();
    }

    private static async Task Enter(IPage page, string password)
    {
        await page.FillAsync("input[name=username]", WebFixture.Administrator);
        await page.FillAsync("input[name=password]", password);
        await page.ClickAsync("button[type=submit]");
    }
}
