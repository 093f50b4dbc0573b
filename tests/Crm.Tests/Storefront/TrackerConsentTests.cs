using Crm.Infrastructure;
using Xunit;

namespace Crm.Storefront;

/// <summary>Nothing is sent, and nothing but the choice is stored, without the consent that a page needs.</summary>
[Collection(StorefrontGroup.Name)]
public sealed class TrackerConsentTests(StorefrontFixture crm)
{
    private const string NeedsAnalytics = "{ delay: 20, needs: ['analytics'] }";
    private const string Gpc = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });";
    private const string Talk = "crm.identify('ada', { email: 'ada@example.com' }); crm.track('Seen'); await crm.flush();";

    [Fact]
    public async Task Before_consent_nothing_is_sent_or_stored_and_with_it_all_that_happened_is()
    {
        await using var page = await TrackedPage.Open(crm, NeedsAnalytics);

        await page.Do(Talk);
        Assert.Empty(page.Proxy.Requests);
        Assert.Empty(await Stored(page));

        await page.Do("crm.consent({ analytics: true, advertising: false });");
        await page.UntilNames("page", "identify", "Seen", "Consent Preference Updated");
        Assert.Single(page.Counted.Select(e => TrackedPage.Text(e, "anonymousId")).Distinct());
        Assert.Contains("""
            "context":{"consent":{"categoryPreferences":{"analytics":true,"advertising":false}}},"batch":
            """.Trim(), page.Proxy.Requests[0].Body, StringComparison.Ordinal);
        Assert.Equal("""{"analytics":true,"advertising":false}""", TrackedPage.Text(page.Counted[^1], "context", "consent", "categoryPreferences"));
    }

    [Fact]
    public async Task Refused_nothing_is_sent_or_stored_but_the_refusal_on_this_page_and_the_next()
    {
        await using var page = await TrackedPage.Open(crm, NeedsAnalytics);

        await page.Do("crm.track('Before'); crm.consent({ analytics: false });" + Talk);
        await page.Go("next");
        await page.Do(Talk + "crm.reset(); crm.page(); await crm.flush();");
        await page.Go("elsewhere");

        await page.Go("page");
        Assert.Empty(page.Proxy.Requests);
        Assert.Equal(["crm.consent"], await Stored(page));
    }

    [Fact]
    public async Task Withdrawal_is_the_last_that_is_heard()
    {
        await using var page = await TrackedPage.Open(crm, NeedsAnalytics);
        await page.Do("crm.consent({ analytics: true });" + Talk);
        await page.UntilNames("page", "Consent Preference Updated", "identify", "Seen");

        await page.Do("crm.track('Waiting'); crm.consent({ analytics: false });" + Talk);
        await page.UntilNames("page", "Consent Preference Updated", "identify", "Seen", "Consent Preference Updated");
        await page.Go("next");
        await page.Do(Talk);

        Assert.Equal(5, page.Arrived.Count);
        Assert.Equal("false", TrackedPage.Text(page.Counted[^1], "context", "consent", "categoryPreferences", "analytics")!.ToLowerInvariant());
        Assert.Equal("ada", TrackedPage.Text(page.Counted[^1], "userId"));
        Assert.Equal(["crm.consent"], await Stored(page));
    }

    [Fact]
    public async Task A_choice_in_one_tab_holds_in_the_others()
    {
        await using var page = await TrackedPage.Open(crm, NeedsAnalytics);
        var other = await page.Tab();
        await other.EvaluateAsync("() => crm.track('From the other tab')");

        await page.Do("crm.consent({ analytics: true });");

        await Eventually.True(() => page.Counted.Any(e => TrackedPage.Name(e) == "From the other tab"), "the other tab's event arrives");
    }

    [Fact]
    public async Task Global_Privacy_Control_denies_advertising_whatever_was_chosen()
    {
        await using var page = await TrackedPage.Open(crm, "{ pages: false, delay: 20 }", Gpc);

        await page.Do("crm.track('One'); crm.consent({ analytics: true, advertising: true });");

        await page.UntilNames("One", "Consent Preference Updated");
        Assert.Equal("""{"advertising":false}""", TrackedPage.Text(page.Counted[0], "context", "consent", "categoryPreferences"));
        Assert.Equal("""{"analytics":true,"advertising":false}""", TrackedPage.Text(page.Counted[1], "context", "consent", "categoryPreferences"));
        Assert.All(page.Counted, e => Assert.Equal("True", TrackedPage.Text(e, "context", "gpc")));
    }

    [Fact]
    public async Task Where_advertising_is_needed_Global_Privacy_Control_keeps_everything_back()
    {
        await using var page = await TrackedPage.Open(crm, "{ delay: 20, needs: ['advertising'] }", Gpc);

        await page.Do("crm.consent({ advertising: true });" + Talk);
        await page.Go("elsewhere");
        await page.Go("page");

        Assert.Empty(page.Proxy.Requests);
        Assert.Equal(["crm.consent"], await Stored(page));
    }

    /// <summary>Names of all that the page left in the browser, cookies too.</summary>
    private static async Task<string[]> Stored(TrackedPage page) =>
        [.. await page.Ask<string[]>("Object.keys(localStorage)"), .. (await page.Page.Context.CookiesAsync()).Select(c => c.Name)];
}
