using System.Text.Json;
using Crm.Infrastructure;
using Crm.Live;
using Crm.Storefront;
using Microsoft.Playwright;
using Xunit;

namespace Crm.Clients;

/// <summary>
/// Trackers of a page, in a real browser on another site than the API: ours and analytics.js. A person's devices are browsers of
/// their own, and the network loses answers here too.
/// </summary>
[Collection(StorefrontGroup.Name)]
public sealed class BrowserClientTests(StorefrontFixture crm)
{
    private const int AtOnce = 4;

    private const string Say = """
        ({ call, event, userId, previousId, groupId, fields }) => tracker[call](...{
          page: ['Home', fields], track: [event, fields], identify: [userId, fields], group: [groupId, fields], alias: [userId, previousId],
        }[call])
        """;

    [Fact]
    public Task Ours_crm_js() => Check(new ClientKind("crm-js", Copies: false, InBrowser: true), proxy => $$"""
        <script type="module">
        import { load } from '{{proxy.Address}}crm.js';
        window.tracker = load('{{crm.WriteKey}}', { pages: false, delay: 20 });
        window.visitor = () => tracker.anonymousId();
        </script>
        """);

    [NodeFact]
    public Task Analytics_js() => Check(new ClientKind("analytics-js", Alias: false, Copies: false, InBrowser: true, RetriesAsUser: true), proxy => $$"""
        <script>
        const calls = window.analytics = [];
        calls._writeKey = '{{crm.WriteKey}}';
        calls._cdn = '{{proxy.Address.GetLeftPart(UriPartial.Authority)}}';
        calls.initialize = true;
        for (const name of ['ready', 'page', 'track', 'identify', 'group', 'alias']) calls[name] = (...values) => { calls.push([name, ...values]); return calls; };
        calls.ready(() => { window.tracker = window.analytics; window.visitor = () => window.analytics.user().anonymousId(); });
        </script>
        <script async src="{{proxy.Address}}analytics.js/v1/{{crm.WriteKey}}/analytics.min.js"></script>
        """);

    private async Task Check(ClientKind client, Func<FaultProxy, string> script)
    {
        await using var proxy = await crm.Proxy();
        var network = new BadNetwork();
        proxy.Rule = request => request.Method == "POST" ? network.Rule(request) : Fault.None;
        proxy.Page("/page", $"<!doctype html><html lang=\"en\"><title>Shop</title>{script(proxy)}</html>");
        var steps = ShopSessions.Of(client, ClientRun.People, TimeProvider.System.GetUtcNow());
        var told = new Step[steps.Count][];
        var people = steps.Select((step, at) => (step, at)).GroupBy(s => s.step.Device[2..]);
        await Parallel.ForEachAsync(people, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (person, _) =>
        {
            foreach (var device in person.GroupBy(s => s.step.Device)) await Tell(client, proxy, [.. device], told);
        });

        foreach (var fault in (Fault[])[Fault.LoseAnswer, Fault.Error, Fault.Busy]) Assert.True(network.Done.GetValueOrDefault(fault) > 0, $"There was no {fault}.");
        await crm.Applied();
        await ProfileCheck.AllAre(crm, ShopTruth.Of([.. told.SelectMany(one => one)]));
    }

    /// <summary>Says what happens on one device, and notes under which id its browser said so.</summary>
    private async Task Tell(ClientKind client, FaultProxy proxy, (Step Step, int At)[] device, Step[][] told)
    {
        var page = await crm.Chromium.Open(1000);
        await page.GotoAsync(proxy.OtherSite + "page");
        await page.WaitForFunctionAsync("() => window.tracker");
        foreach (var (step, at) in device)
        {
            // analytics.js sends again under the user's id what was sent first under the visitor's. Until the two have become one
            // customer, that copy would be told apart from nothing: it may come only when the first is known to have arrived.
            if (client.RetriesAsUser && step.Call == "identify") await Delivered(proxy, device, told, at);

            // What numbers are is the shop's choice, as everywhere; Playwright would make decimals of its own of them.
            await page.EvaluateAsync($"step => ({Say})(JSON.parse(step))", JsonSerializer.Serialize(step, JsonSerializerOptions.Web));
            var visitor = await page.EvaluateAsync<string>("() => visitor()");
            told[at] = [step with { Device = visitor, AnonymousId = visitor }];
        }

        await Delivered(proxy, device, told, int.MaxValue);
        await page.Context.DisposeAsync();
    }

    /// <summary>Waits until what was said on a device before a step has been answered 200.</summary>
    private static Task Delivered(FaultProxy proxy, (Step Step, int At)[] device, Step[][] told, int before)
    {
        var said = device.Where(s => s.At < before).Select(s => told[s.At][0].AnonymousId!).ToArray();
        var visitors = said.ToHashSet();
        return Eventually.True(() => Answered(proxy, visitors) >= said.Length, "all that was said on the device is delivered", TimeSpan.FromSeconds(90));
    }

    /// <summary>Distinct events of these visitors that were answered 200.</summary>
    private static int Answered(FaultProxy proxy, HashSet<string> visitors) => proxy.Requests
        .Where(r => r.Status == 200 && r.Method == "POST")
        .SelectMany(r => JsonDocument.Parse(r.Body).RootElement is var root && root.TryGetProperty("batch", out var batch) ? batch.EnumerateArray().ToArray() : [root])
        .Where(e => e.TryGetProperty("anonymousId", out var visitor) && visitors.Contains(visitor.GetString()!))
        .Select(e => e.GetProperty("messageId").GetString())
        .Distinct()
        .Count();
}
