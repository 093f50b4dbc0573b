using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Crm.Web;

/// <summary>What is wrong with a page as it stands in the browser.</summary>
internal static class PageChecks
{
    private const string Wide = """
        () => [document.documentElement, ...document.querySelectorAll('#main, .plain, dialog[open]')]
          .filter(e => e.scrollWidth > e.clientWidth + 1)
          .map(e => `${e.tagName}#${e.id} ${e.scrollWidth} > ${e.clientWidth}: ` + [...e.querySelectorAll('*')]
            .filter(i => i.getBoundingClientRect().right > innerWidth + 1 && !i.closest('.table-frame')).slice(0, 3).map(i => `${i.tagName}.${i.className}`).join(', '))
        """;

    private const string Serious = """
        async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
          .filter(v => v.impact === 'serious' || v.impact === 'critical')
          .flatMap(v => v.nodes.slice(0, 3).map(n => `${v.id}: ${n.html} (${[...n.any, ...n.all].slice(0, 1).map(c => c.message)})`))
        """;

    private static readonly string s_axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>What is wider than the window, or than the column in which pages stand. A table scrolls within its own frame.</summary>
    public static Task<string[]> TooWide(this IPage page) => page.EvaluateAsync<string[]>(Wide);

    /// <summary>What axe-core calls serious or critical, each with where it is.</summary>
    public static async Task<IReadOnlyList<string>> Barriers(this IPage page, string where)
    {
        // What moves while it appears has other colours for a moment.
        await page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await page.EvaluateAsync(s_axe);
        return [.. (await page.EvaluateAsync<string[]>(Serious)).Select(found => $"{where}: {found}")];
    }
}
