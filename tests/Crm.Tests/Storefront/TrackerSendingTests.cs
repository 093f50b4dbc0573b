using System.Diagnostics;
using Crm.Infrastructure;
using Microsoft.Playwright;
using Xunit;

namespace Crm.Storefront;

/// <summary>How <c>crm.js</c> delivers in a real browser: through lost answers, refusals, lost networks and pages that end.</summary>
[Collection(StorefrontGroup.Name)]
public sealed class TrackerSendingTests(StorefrontFixture crm)
{
    private const string Hurried = "{ pages: false, delay: 20 }";
    private const string Patient = "{ pages: false, delay: 600000 }";

    // As in a browser that refuses a page all storage.
    private const string NoStorage = """
        const refuse = () => { throw new DOMException('refused', 'SecurityError'); };
        Object.defineProperty(window, 'localStorage', { get: refuse });
        Object.defineProperty(Document.prototype, 'cookie', { get: refuse, set: refuse });
        """;

    // As on a page without https.
    private const string InsecurePage = "Object.defineProperty(navigator, 'locks', { value: undefined }); Object.defineProperty(crypto, 'randomUUID', { value: undefined });";

    [Fact]
    public async Task Events_arrive_in_one_batch_in_order_without_a_preflight()
    {
        await using var page = await TrackedPage.Open(crm);

        await page.Do("crm.page('Home'); crm.track('One', { n: 1 }); crm.identify('ada', { name: 'Ada' }); crm.track('Two'); crm.group('acme', { plan: 'gold' });");

        await page.UntilNames("page", "One", "identify", "Two", "group");
        await page.UntilNothingWaits();
        Assert.Single(page.Proxy.Requests);
        Assert.All(page.Proxy.Requests, r => Assert.Equal(("POST", "/v1/batch"), (r.Method, r.Path)));
    }

    [Theory]
    [InlineData(Fault.LoseAnswer)]
    [InlineData(Fault.Error)]
    [InlineData(Fault.Busy)]
    internal async Task What_is_not_answered_is_sent_again_with_the_same_messageIds(Fault fault)
    {
        var left = 2;
        await using var page = await TrackedPage.Open(crm, rule: _ => left-- > 0 ? fault : Fault.None);

        await page.Do("crm.identify('retry-' + crypto.randomUUID()); crm.track('One'); crm.track('Two');");

        await Eventually.True(() => page.Proxy.Requests.Count == 3, "it is sent a third time");
        await page.UntilNothingWaits();
        var tries = page.Proxy.Requests.Select(r => string.Join(' ', TrackedPage.Events([r]).Select(TrackedPage.MessageId))).Distinct();
        Assert.Single(tries);
        await page.UntilNames("identify", "One", "Two");
        await crm.Applied();
        var profile = (await crm.Profile("u:" + TrackedPage.Text(page.Counted[0], "userId")))!.Value;
        var counts = profile.GetProperty("counts").GetProperty("byEvent");
        Assert.Equal((1, 1), (counts.GetProperty("One").GetInt32(), counts.GetProperty("Two").GetInt32()));
    }

    [Fact]
    public async Task Retry_After_is_waited_for_by_all_pages_of_the_site()
    {
        var busy = true;
        await using var page = await TrackedPage.Open(crm, rule: _ => busy ? Fault.Busy : Fault.None);
        await page.Do("crm.track('One');");
        await page.Page.WaitForFunctionAsync("() => localStorage.getItem('crm.until')");
        busy = false;

        await page.Reopen();
        await page.Do("await crm.flush();");
        await page.UntilNames("One");

        var pause = Stopwatch.GetElapsedTime(page.Proxy.Requests[0].At, page.Proxy.Requests[1].At);
        Assert.True(pause >= TimeSpan.FromMilliseconds(950), $"It waited {pause.TotalMilliseconds} ms.");
    }

    [Fact]
    public async Task Without_a_network_events_wait_also_over_the_end_of_the_page_and_go_out_with_the_network()
    {
        await using var page = await TrackedPage.Open(crm);
        await page.Page.Context.SetOfflineAsync(true);
        await page.Do("crm.track('One'); crm.track('Two'); await crm.flush();");
        Assert.Empty(page.Proxy.Requests);

        await page.Page.Context.SetOfflineAsync(false);
        await page.UntilNames("One", "Two");
        await page.UntilNothingWaits();

        await page.Page.Context.SetOfflineAsync(true);
        await page.Do("crm.track('Three'); await crm.flush();");
        await page.Page.CloseAsync();
        await page.Page.Context.SetOfflineAsync(false);
        await page.Reopen();
        await page.UntilNames("One", "Two", "Three");
        Assert.Equal(3, page.Arrived.Count);
    }

    [Fact]
    public async Task What_waits_when_the_page_is_left_goes_out_with_it()
    {
        await using var page = await TrackedPage.Open(crm, Patient);

        await page.Do("crm.track('One'); crm.track('Last');");
        await page.Go("elsewhere");

        await page.UntilNames("One", "Last");
    }

    [Fact]
    public async Task What_waits_when_the_tab_is_closed_goes_out_with_it()
    {
        await using var page = await TrackedPage.Open(crm, Patient);

        await page.Do("crm.track('Last');");
        await page.Page.CloseAsync(new PageCloseOptions { RunBeforeUnload = true });

        await page.UntilNames("Last");
    }

    [Fact]
    public async Task An_answer_that_no_page_was_left_to_hear_makes_a_copy_and_no_loss()
    {
        await using var page = await TrackedPage.Open(crm, Patient, rule: _ => Fault.LoseAnswer);
        await page.Do("crm.identify('left-' + crypto.randomUUID()); crm.track('Last');");
        await page.Go("elsewhere");
        await Eventually.True(() => page.Arrived.Count >= 2, "it goes out");
        page.Proxy.Rule = _ => Fault.None;

        await page.Go("page");
        await page.Do("await crm.flush();");
        await page.UntilNothingWaits();

        // A browser may try once more by itself, too.
        Assert.InRange(page.Arrived.Count, 4, 6);
        await crm.Applied();
        var profile = (await crm.Profile("u:" + TrackedPage.Text(page.Counted[0], "userId")))!.Value;
        Assert.Equal("""{"Last":1}""", profile.GetProperty("counts").GetProperty("byEvent").GetRawText());
    }

    [Fact]
    public async Task Without_kept_alive_requests_the_last_words_go_by_beacon()
    {
        await using var page = await TrackedPage.Open(crm, Patient, before: "delete Request.prototype.keepalive;");

        await page.Do("crm.track('Last');");
        await page.Go("elsewhere");

        await page.UntilNames("Last");
    }

    [Fact]
    public async Task Two_tabs_are_one_visitor_and_each_event_counts_once()
    {
        await using var page = await TrackedPage.Open(crm, rule: r => r.Body.Contains("\"Other\"", StringComparison.Ordinal) ? Fault.None : Fault.Busy);
        var other = await page.Tab();
        var user = "two-tabs-" + Guid.NewGuid();
        const string Many = "() => { for (let i = 0; i < 20; i++) crm.track('Seen', { i }); }";

        await Task.WhenAll(page.Page.EvaluateAsync(Many), other.EvaluateAsync(Many));
        await page.Do($"crm.identify('{user}');");
        // A browser tells a tab what another has stored only a moment later.
        await other.WaitForFunctionAsync("user => crm.userId() === user", user);
        await other.EvaluateAsync("() => crm.track('Other')");

        await Eventually.True(() => page.Counted.Count == 42, "all events of both arrive");
        Assert.Single(page.Counted.Select(e => TrackedPage.Text(e, "anonymousId")).Distinct());
        Assert.Equal(user, TrackedPage.Text(page.Counted.Single(e => TrackedPage.Name(e) == "Other"), "userId"));

        // A tab may see what another has just removed for a moment longer, and send it again.
        await page.UntilNothingWaits();
        await crm.Applied();
        var profile = (await crm.Profile("u:" + user))!.Value;
        var counts = profile.GetProperty("counts").GetProperty("byEvent");
        Assert.Equal((40, 1), (counts.GetProperty("Seen").GetInt32(), counts.GetProperty("Other").GetInt32()));
    }

    [Theory]
    [InlineData(NoStorage)]
    [InlineData(InsecurePage)]
    public async Task With_blocked_storage_or_without_locks_events_arrive_all_the_same(string before)
    {
        var left = 1;
        await using var page = await TrackedPage.Open(crm, Hurried, before, _ => left-- > 0 ? Fault.Error : Fault.None);

        await page.Do("crm.track('One'); crm.identify('blocked'); crm.track('Two');");
        await page.UntilNames("One", "identify", "Two");
        await page.Do("crm.track('Last');");
        await page.Go("elsewhere");

        await page.UntilNames("One", "identify", "Two", "Last");
        Assert.Single(page.Counted.Select(e => TrackedPage.Text(e, "anonymousId")).Distinct());
        Assert.Equal("blocked", TrackedPage.Text(page.Counted[3], "userId"));
    }

    [Fact]
    public async Task A_framed_page_without_an_origin_can_send_too()
    {
        await using var page = await TrackedPage.Open(crm);
        page.Proxy.Page("/frame", $"<!doctype html><title>Frame</title><iframe sandbox='allow-scripts' src='{page.Address}'></iframe>");
        await page.Page.GotoAsync(page.Proxy.OtherSite + "frame");
        var frame = page.Page.Frames[1];
        await frame.WaitForFunctionAsync("() => window.crm");

        await frame.EvaluateAsync("() => crm.track('Framed')");

        await page.UntilNames("Framed");
    }

    [Fact]
    public async Task One_that_is_too_long_for_the_server_does_not_take_others_with_it()
    {
        await using var page = await TrackedPage.Open(crm, rule: r => r.Body.Contains("Spoiled", StringComparison.Ordinal) ? Fault.TooLong : Fault.None);

        await page.Do("for (let i = 0; i < 9; i++) crm.track(i === 4 ? 'Spoiled' : 'Good ' + i);");
        await page.UntilNothingWaits();

        Assert.Equal(["Good 0", "Good 1", "Good 2", "Good 3", "Good 5", "Good 6", "Good 7", "Good 8"], page.Counted.Select(TrackedPage.Name));
    }

    [Fact]
    public async Task A_refused_key_is_not_tried_again_and_again_and_loses_nothing()
    {
        await using var page = await TrackedPage.Open(crm, rule: _ => Fault.WrongKey);

        await page.Do("crm.track('Kept'); await crm.flush(); crm.track('Kept too'); await crm.flush(); await crm.flush();");

        Assert.Single(page.Proxy.Requests);
        Assert.Equal(2, await page.Ask<int>("Object.keys(localStorage).filter(it => it.startsWith('crm.q.')).length"));
        Assert.InRange(await page.Ask<double>("localStorage['crm.until'] - Date.now()"), 60_000, 300_000);
    }

    [Fact]
    public async Task What_waits_is_bounded_and_the_newest_stay()
    {
        await using var page = await TrackedPage.Open(crm, Patient);
        await page.Page.Context.SetOfflineAsync(true);

        await page.Do("for (let i = 0; i < 700; i++) crm.track('E' + i);");
        var names = await page.Ask<string[]>("Object.keys(localStorage).filter(it => it.startsWith('crm.q.')).sort().map(it => JSON.parse(localStorage[it].split('|')[1]).event)");
        Assert.Equal("E699", names[^1]);
        Assert.InRange(names.Length, 100, 500);

        await page.Do("for (let i = 0; i < 60; i++) crm.track('Long', { text: 'x'.repeat(20000) });");
        Assert.InRange(await page.Ask<int>("Object.values(localStorage).join('').length"), 300_000, 420_000);
    }

    [Fact]
    public async Task What_may_have_arrived_a_day_ago_is_not_sent_again()
    {
        await using var page = await TrackedPage.Open(crm, Patient);
        await page.Do("""
            const stamp = hours => (Date.now() - hours * 3600000).toString(36).padStart(9, '0');
            const put = (born, tried, event) => localStorage.setItem(`crm.q.${stamp(born)}.000000000.other`,
              `${tried ? stamp(tried) : ''}|${JSON.stringify({ type: 'track', event, messageId: crypto.randomUUID(), anonymousId: 'v' })}`);
            put(30, 24, 'Tried long ago'); put(29, 22, 'Tried today'); put(28, 0, 'Never tried'); put(24 * 8, 0, 'Too old');
            await crm.flush();
            """);

        await page.UntilNames("Tried today", "Never tried");
        await page.UntilNothingWaits();
    }
}
