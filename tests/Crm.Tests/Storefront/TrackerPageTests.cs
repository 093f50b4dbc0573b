using System.Text.Json;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Storefront;

/// <summary>What <c>crm.js</c> says of a page and its visitor, in a real browser.</summary>
[Collection(StorefrontGroup.Name)]
public sealed class TrackerPageTests(StorefrontFixture crm)
{
    private const string WithPages = "{ delay: 20 }";

    [Fact]
    public async Task Loading_and_every_navigation_within_the_page_are_page_views()
    {
        await using var page = await TrackedPage.Open(crm, WithPages);
        await page.UntilNames("page");

        await page.Do("history.pushState(null, '', '/shop/one?utm_source=mail&utm_campaign=may'); document.title = 'One'; await crm.flush();");
        await page.UntilNames("page", "page");
        await page.Do("history.replaceState({ open: true }, ''); location.hash = 'reviews';");
        await page.Do("history.pushState(null, '', '/shop/hop'); history.replaceState(null, '', '/shop/two'); document.title = 'Two'; crm.track('Seen');");
        await page.UntilNames("page", "page", "page", "Seen");
        await page.Do("await new Promise(done => { addEventListener('popstate', done, { once: true }); history.back(); });");
        await page.UntilNames("page", "page", "page", "Seen", "page");

        var one = page.Counted[1].GetProperty("properties");
        Assert.Equal(
            ("/shop/one", "One", "?utm_source=mail&utm_campaign=may", page.Address),
            (TrackedPage.Text(one, "path"), TrackedPage.Text(one, "title"), TrackedPage.Text(one, "search"), TrackedPage.Text(one, "referrer")));
        Assert.Equal("mail", TrackedPage.Text(page.Counted[1], "context", "campaign", "source"));
        Assert.Equal("may", TrackedPage.Text(page.Counted[1], "context", "campaign", "name"));
        Assert.Equal(["/page", "/shop/one", "/shop/two", "/shop/two", "/shop/one"], page.Counted.Select(e => TrackedPage.Text(e, "context", "page", "path")));
    }

    [Fact]
    public async Task A_visitor_stays_the_same_over_pages_until_another_person_comes()
    {
        await using var page = await TrackedPage.Open(crm);
        await page.Do("crm.track('One'); crm.identify('ada', { name: 'Ada' });");
        await page.UntilNames("One", "identify");
        await page.Go("next");
        await page.Do("crm.track('Two'); crm.identify('ada'); crm.identify('grace'); crm.reset(); crm.track('Three');");
        await page.UntilNames("One", "identify", "Two", "identify", "identify", "Three");

        var visitors = page.Counted.Select(e => TrackedPage.Text(e, "anonymousId")).ToArray();
        Assert.Equal([null, "ada", "ada", "ada", "grace", null], page.Counted.Select(e => TrackedPage.Text(e, "userId")));
        Assert.Single(visitors.Take(4).Distinct());
        Assert.Equal(3, visitors.Distinct().Count());
    }

    [Fact]
    public async Task The_visitor_is_found_again_by_the_cookie_and_by_the_storage()
    {
        await using var page = await TrackedPage.Open(crm);
        var first = await page.Ask<string>("crm.anonymousId()");

        await page.Do("localStorage.clear();");
        await page.Go("next");
        Assert.Equal(first, await page.Ask<string>("crm.anonymousId()"));
        await page.Page.Context.ClearCookiesAsync();
        await page.Go("page");
        Assert.Equal(first, await page.Ask<string>("crm.anonymousId()"));
        Assert.Contains((await page.Page.Context.CookiesAsync()), c => c.Name == "crm_anonymous" && c.Value == first);
    }

    [Fact]
    public async Task An_alias_carries_the_old_id_and_the_new_one_is_used_from_then_on()
    {
        await using var page = await TrackedPage.Open(crm);

        await page.Do("crm.identify('old'); crm.alias('new'); crm.track('After');");
        await page.UntilNames("identify", "alias", "After");

        Assert.Equal(("new", "old"), (TrackedPage.Text(page.Counted[1], "userId"), TrackedPage.Text(page.Counted[1], "previousId")));
        Assert.Equal("new", TrackedPage.Text(page.Counted[2], "userId"));
    }

    [Fact]
    public async Task Each_ecommerce_event_of_the_protocol_is_a_call_of_its_own()
    {
        await using var page = await TrackedPage.Open(crm);

        await page.Do("""
            for (const call of ['productsSearched', 'productListViewed', 'productClicked', 'productViewed', 'productAdded', 'productRemoved', 'cartViewed',
              'checkoutStarted', 'checkoutStepViewed', 'checkoutStepCompleted', 'paymentInfoEntered', 'orderCompleted', 'orderUpdated', 'orderRefunded',
              'orderCancelled', 'couponEntered', 'couponApplied', 'couponDenied', 'couponRemoved', 'productReviewed', 'productAddedToWishlist',
              'promotionViewed', 'promotionClicked']) crm[call]({ product_id: call });
            """);

        await page.UntilNames(
            "Products Searched", "Product List Viewed", "Product Clicked", "Product Viewed", "Product Added", "Product Removed", "Cart Viewed", "Checkout Started",
            "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered", "Order Completed", "Order Updated", "Order Refunded", "Order Cancelled",
            "Coupon Entered", "Coupon Applied", "Coupon Denied", "Coupon Removed", "Product Reviewed", "Product Added to Wishlist", "Promotion Viewed", "Promotion Clicked");
        Assert.Equal("productAddedToWishlist", TrackedPage.Text(page.Counted[20], "properties", "product_id"));
    }

    [Fact]
    public async Task No_call_throws_into_the_page()
    {
        await using var page = await TrackedPage.Open(crm);

        await page.Do("""
            const round = {}; round.self = round;
            crm.track('Round', round); crm.track('Big', { n: 1n }); crm.track('Long', { text: '汉'.repeat(11000) });
            crm.identify(null); crm.page(null); crm.track('Fine 汉\u0000', { broken: '\ud800' });
            """);

        await page.UntilNames("identify", "page", "Fine 汉\0");
        Assert.False(TrackedPage.Text(page.Counted[0], "anonymousId") is null);
    }
}
