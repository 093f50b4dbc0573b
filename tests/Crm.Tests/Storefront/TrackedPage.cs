using System.Text.Json;
using Crm.Infrastructure;
using Microsoft.Playwright;
using Xunit;

namespace Crm.Storefront;

/// <summary>A page of a shop on another site than the API, with our tracker as <c>crm</c>, and what it sent.</summary>
internal sealed class TrackedPage : IAsyncDisposable
{
    private TrackedPage(FaultProxy proxy, IPage page) => (Proxy, Page) = (proxy, page);

    public FaultProxy Proxy { get; }

    public IPage Page { get; private set; }

    public string Address => $"{Proxy.OtherSite}page";

    /// <summary>Everything that reached the API, copies too.</summary>
    public IReadOnlyList<JsonElement> Arrived => Events(Proxy.Requests.Where(r => r.Status == 200 || r.Fault == Fault.LoseAnswer));

    /// <summary>The same without copies.</summary>
    public IReadOnlyList<JsonElement> Counted => [.. Arrived.DistinctBy(MessageId)];

    /// <summary>Opens a page.</summary>
    /// <param name="options">The tracker's, as JavaScript.</param>
    /// <param name="before">A script that runs before those of the page.</param>
    public static async Task<TrackedPage> Open(StorefrontFixture crm, string options = "{ pages: false, delay: 20 }", string? before = null, Func<ProxiedRequest, Fault>? rule = null)
    {
        var proxy = await crm.Proxy();
        if (rule is not null) proxy.Rule = rule;
        var html = $$"""
            <!doctype html><html lang="en"><title>Shop</title><body><script type="module">
            import { load } from '{{proxy.Address}}crm.js';
            window.crm = load('{{crm.WriteKey}}', {{options}});
            </script></body></html>
            """;
        proxy.Page("/page", html);
        proxy.Page("/next", html);
        proxy.Page("/elsewhere", "<!doctype html><title>Elsewhere</title>");
        var tracked = new TrackedPage(proxy, await crm.Chromium.Open(1000));
        if (before is not null) await tracked.Page.Context.AddInitScriptAsync(before);
        await tracked.Go("page");
        return tracked;
    }

    /// <summary>Goes to an address of the shop.</summary>
    public async Task Go(string path)
    {
        await Page.GotoAsync(Proxy.OtherSite + path);
        if (path != "elsewhere") await Page.WaitForFunctionAsync("() => window.crm");
    }

    /// <summary>Another tab of the same visitor.</summary>
    public async Task<IPage> Tab()
    {
        var tab = await Page.Context.NewPageAsync();
        await tab.GotoAsync(Address);
        await tab.WaitForFunctionAsync("() => window.crm");
        return tab;
    }

    /// <summary>Ends the tab and opens a new one of the same visitor.</summary>
    public async Task Reopen()
    {
        var context = Page.Context;
        await Page.CloseAsync();
        Page = await context.NewPageAsync();
        await Go("page");
    }

    /// <summary>Runs JavaScript in the page.</summary>
    public Task Do(string script) => Page.EvaluateAsync($"async () => {{ {script} }}");

    /// <summary>What JavaScript in the page answers.</summary>
    public Task<T> Ask<T>(string script) => Page.EvaluateAsync<T>($"() => {script}");

    /// <summary>Waits until events of these names, and no others, have arrived in this order.</summary>
    public async Task UntilNames(params string[] names)
    {
        await Eventually.True(() => Counted.Count >= names.Length, $"{names.Length} events arrive; there are: {string.Join(", ", Counted.Select(Name))}");
        Assert.Equal(names, Counted.Select(Name));
    }

    /// <summary>Waits until nothing waits in the browser.</summary>
    public Task UntilNothingWaits() => Page.WaitForFunctionAsync("() => !Object.keys(localStorage).some(it => it.startsWith('crm.q.'))");

    public static string Name(JsonElement happened) => Text(happened, "event") ?? Text(happened, "type")!;

    public static string MessageId(JsonElement happened) => Text(happened, "messageId")!;

    /// <summary>A member by its path; null when it is not there.</summary>
    public static string? Text(JsonElement element, params string[] path)
    {
        foreach (var name in path)
        {
            if (!element.TryGetProperty(name, out element)) return null;
        }

        return element.ToString();
    }

    /// <summary>The events of batches, in order.</summary>
    public static IReadOnlyList<JsonElement> Events(IEnumerable<ProxiedRequest> requests) =>
        [.. requests.Where(r => r.Path == "/v1/batch" && r.Method == "POST").SelectMany(r => JsonDocument.Parse(r.Body).RootElement.GetProperty("batch").EnumerateArray())];

    public async ValueTask DisposeAsync()
    {
        await Page.Context.DisposeAsync();
        await Proxy.DisposeAsync();
    }
}
