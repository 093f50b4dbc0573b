using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Crm.Web;

/// <summary>What a role may not do is not offered.</summary>
[Collection(WebGroup.Name)]
public sealed class RolePageTests(WebFixture crm)
{
    private static readonly string[] s_lists = ["/customers", "/companies", "/leads", "/deals/list", "/tasks", "/products", "/orders"];
    private static readonly string[] s_records = ["/customers/{customer}", "/companies/{company}", "/leads/{lead}", "/tasks/{task}", "/products/{product}", "/orders/{order}"];

    [Fact]
    public async Task Who_may_only_read_is_offered_nothing_that_changes()
    {
        var page = await crm.Open(await crm.Person("reader"));
        foreach (var list in s_lists)
        {
            await page.Go(list);
            await Expect(page.Locator(".page-actions").GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
            await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Export" })).ToHaveCountAsync(0);
        }

        foreach (var record in s_records)
        {
            await page.Go(new WebPage("", record).In(crm));
            await Expect(page.Locator("h1").First).ToBeVisibleAsync();
            await Expect(page.Locator(".editable, .composer, .page-actions button")).ToHaveCountAsync(0);
        }

        await page.Keyboard.PressAsync("Control+k");
        await Expect(page.Locator("#palette-list")).ToContainTextAsync("Go to Customers");
        await Expect(page.Locator("#palette-list")).Not.ToContainTextAsync("New ");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Who_administers_is_offered_all_of_it()
    {
        var page = await crm.Open();
        foreach (var list in s_lists)
        {
            await page.Go(list);
            await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Export" })).ToBeVisibleAsync();
        }

        await page.Go("/companies/" + crm.Given["company"]);
        await Expect(page.Locator(".editable").First).ToBeVisibleAsync();
        await Expect(page.Button("Delete")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_kind_that_a_role_may_not_see_is_no_place_to_go()
    {
        var page = await crm.Open(await crm.Person("service"));
        await page.Go("/home");

        var navigation = page.GetByRole(AriaRole.Navigation, new() { Name = "Main navigation" });
        await Expect(navigation.GetByRole(AriaRole.Link, new() { Name = "Customers" })).ToBeVisibleAsync();
        await Expect(navigation.GetByRole(AriaRole.Link, new() { Name = "Deals" })).ToHaveCountAsync(0);
        await Expect(navigation.GetByRole(AriaRole.Link, new() { Name = "Leads" })).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }
}
