using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Playwright;

namespace Crm.Bench;

/// <summary>How quick the pages are for whoever sits before them.</summary>
internal sealed class PagesQuestion : IQuestion
{
    private const int Visits = 7;
    private const int Turns = 56;
    private const int Drops = 40;
    private const int Clicks = 100;
    private const int Dashboards = 20;
    private const int PixelsAFrame = 100;
    private const double ScrollSeconds = 20;

    private static readonly string[] s_places = ["/customers", "/companies", "/leads", "/deals", "/tasks", "/products", "/orders"];
    private static readonly string[] s_words = ["mar", "wang", "tea", "li", "acme"];
    private static readonly TimeSpan s_watched = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(10);

    public string Name => "pages";

    public string Asks => "In Chromium, with 1,000,000 customers and demo events flowing: first paint (under 1.0 s), a page that answers (2.0 s) and what is transferred (600 KB) on a first visit; "
        + "a page change (200 ms), search results after a key (150 ms), blank rows while a list of 200,000 is scrolled (200 ms), a dropped card committed (150 ms), "
        + "a click in the shop until a number moves on an open page (p95 500 ms), and what an open dashboard costs the server (5 ms of CPU a second, 5 MB).";

    public string Estimate =>
        "A first visit is one document drawn on the server (20-40 ms), 250-400 KB of script, style and font over loopback, and a circuit: paint 0.3 s, answering 0.6 s. A page change is a message, a list "
        + "of 100 rows by key (5-10 ms), its count, and a patch of the document: 60-120 ms. A key waits 70 ms for the next, then seven searches side by side: 100-140 ms. A drop is one message and one "
        + "write: 10-20 ms. A click's number is pushed at most four times a second: p95 250-300 ms. A dashboard draws one frame a second and asks three sums each ten: 2-4 ms of CPU a second, 1-2 MB.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await SeededProduct.Start(options, report);
        await using var browser = await PageBrowser.Start(product);
        using var demo = Process.Start(Repository.Command(
            "crm", "demo", "run", "--rate", "30", "--api", $"http://{product.Api}", "--key", product.WriteKey, "--data", options.Data))!;
        try
        {
            report.Block(["| ms | p50 | p95 | longest | times |", "|---|---|---|---|---|", .. await Visit(browser), .. await Turn(browser), .. await Search(browser), .. await Drop(product, browser), await Click(product, browser)]);
            report.Line(await Scroll(browser));
            report.Block(await Watch(product, browser));
        }
        finally
        {
            demo.Kill(entireProcessTree: true);
        }
    }

    private static async Task<IEnumerable<string>> Visit(PageBrowser browser)
    {
        var (paint, ready, bytes) = (new PageTimes(), new PageTimes(), new PageTimes());
        for (var visit = -1; visit < Visits; visit++)
        {
            var page = await browser.Open();
            await page.AddInitScriptAsync(PageScripts.NoteReady);
            var wire = await page.Context.NewCDPSessionAsync(page);
            var transferred = 0.0;
            wire.Event("Network.loadingFinished").OnEvent += (_, loaded) => transferred += loaded!.Value.GetProperty("encodedDataLength").GetDouble();
            await wire.SendAsync("Network.enable");
            await PageBrowser.Go(page, "/home");
            var times = await page.EvaluateAsync<double[]>(PageScripts.FirstTimes);
            await page.Context.CloseAsync();

            // The first of all draws what the server has never drawn.
            if (visit < 0) continue;
            paint.Add(times[0]);
            ready.Add(times[1]);
            bytes.Add(transferred / 1_000);
        }

        return [$"| first visit: first paint | {paint.Cells()} |", $"| first visit: answers to clicks | {ready.Cells()} |", $"| first visit: KB transferred | {bytes.Cells()} |"];
    }

    private static async Task<IEnumerable<string>> Turn(PageBrowser browser)
    {
        var (heading, whole) = (new PageTimes(), new PageTimes());
        var page = await browser.Open();
        await PageBrowser.Go(page, "/home");
        for (var turn = -s_places.Length; turn < Turns; turn++)
        {
            var times = await page.EvaluateAsync<double[]>(PageScripts.Turn, s_places[(turn + s_places.Length) % s_places.Length]);
            if (turn < 0) continue;
            heading.Add(times[0]);
            whole.Add(times[1]);
        }

        await page.Context.CloseAsync();
        return [$"| page change: heading | {heading.Cells()} |", $"| page change: with its list | {whole.Cells()} |"];
    }

    private static async Task<IEnumerable<string>> Search(PageBrowser browser)
    {
        var times = new PageTimes();
        var page = await browser.Open();
        await PageBrowser.Go(page, "/home");
        await page.Keyboard.PressAsync("Control+k");
        await page.WaitForSelectorAsync(".palette-input");
        foreach (var word in s_words)
            for (var letters = 1; letters <= word.Length; letters++)
                times.Add(await page.EvaluateAsync<double>(PageScripts.Letter, word[..letters]));
        await page.Context.CloseAsync();
        return [$"| search: results after a key | {times.Cells()} |"];
    }

    private static async Task<IEnumerable<string>> Drop(RunningProduct product, PageBrowser browser)
    {
        var times = new PageTimes();
        var page = await browser.Open();
        await PageBrowser.Go(page, "/deals");
        using var connection = new HttpConnection(product.Api);
        var stages = await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('[data-drop]')].slice(0, 2).map(p => p.dataset.drop)");
        var deal = await page.EvaluateAsync<string>("s => document.querySelector(`[data-drop=\"${s}\"] [data-deal]`).dataset.deal", stages[0]);
        for (var drop = 0; drop < Drops; drop++)
        {
            var to = stages[(drop + 1) % 2];
            var began = Clock.Now;
            await page.EvaluateAsync(PageScripts.Drop, new[] { deal, to });
            while ((await RecordRequests.Json(connection, product.ServerKey, "GET", $"/api/v1/deals/{deal}?fields=stage")).GetProperty("stage").GetString() != to)
                if (Clock.SecondsSince(began) > 10) throw new InvalidOperationException("A dropped card was not committed.");
            times.Add(Clock.SecondsSince(began) * 1_000);
            await page.WaitForSelectorAsync($"[data-drop=\"{to}\"] [data-deal=\"{deal}\"]");
            await Task.Delay(200);
        }

        await page.Context.CloseAsync();
        return [$"| drop of a card: committed | {times.Cells()} |"];
    }

    private static async Task<string> Click(RunningProduct product, PageBrowser browser)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{product.Api}/") };
        http.DefaultRequestHeaders.Authorization = PageBrowser.Basic(product.WriteKey);
        var user = "bench-" + Guid.NewGuid().ToString("N");
        await Send(http, user);
        var page = await browser.Open();
        var (times, shown) = (new PageTimes(), new TaskCompletionSource());
        var expected = "";
        await page.ExposeFunctionAsync("moved", (string text) => { if (text == expected) shown.TrySetResult(); });
        await Task.Delay(s_settle);
        await PageBrowser.Go(page, "/customers/u:" + user);
        await page.EvaluateAsync(PageScripts.Follow, "[data-live=events]");
        for (var click = 0; click < Clicks; click++)
        {
            (expected, shown) = ((click + 2).ToString(CultureInfo.InvariantCulture), new TaskCompletionSource());
            var began = Clock.Now;
            await Send(http, user);
            await shown.Task.WaitAsync(s_settle);
            times.Add(Clock.SecondsSince(began) * 1_000);

            // Not in step with what pushes.
            await Task.Delay(300 + (click * 37 % 250));
        }

        await page.Context.CloseAsync();
        return $"| click in the shop: number moves on an open page | {times.Cells()} |";
    }

    private static async Task Send(HttpClient http, string user)
    {
        using var body = new StringContent($$"""{"userId":"{{user}}","event":"Product Viewed","properties":{"product_id":"P-1"} }""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync("v1/track", body);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<string> Scroll(PageBrowser browser)
    {
        var page = await browser.Open();
        await PageBrowser.Go(page, "/companies");
        var seen = await page.EvaluateAsync<double[]>(PageScripts.Scroll, new[] { PixelsAFrame, ScrollSeconds });
        await page.Context.CloseAsync();
        return string.Create(CultureInfo.InvariantCulture,
            $"Scrolling 200,000 companies by {PixelsAFrame} pixels a frame for {ScrollSeconds:0} s passed {seen[2]:0} rows: a place of a row was empty for at most {seen[0]:0} ms, the end of what was loaded held it up for at most {seen[1]:0} ms.");
    }

    private static async Task<IEnumerable<string>> Watch(RunningProduct product, PageBrowser browser)
    {
        var alone = await Use(product);
        var pages = new List<IPage>();
        for (var number = 0; number < Dashboards; number++)
        {
            pages.Add(await browser.Open());
            await PageBrowser.Go(pages[^1], "/home");
        }

        await Task.Delay(s_settle);
        var watched = await Use(product);
        foreach (var page in pages) await page.Context.CloseAsync();
        string Row(string what, double before, double with, string unit) => string.Create(CultureInfo.InvariantCulture, $"| {what} | {before:0.0} | {with:0.0} | {(with - before) / Dashboards:0.00} {unit} |");
        return
        [
            $"{Dashboards} dashboards open in Chromium, demo events flowing, over {s_watched.TotalSeconds:0} s:", "", "| | none open | all open | a page |", "|---|---|---|---|",
            Row("API, ms of CPU a second", alone.Cpu.Api, watched.Cpu.Api, "ms/s"), Row("silo, ms of CPU a second", alone.Cpu.Silo, watched.Cpu.Silo, "ms/s"),
            Row("PostgreSQL, ms of CPU a second", alone.Cpu.Postgres, watched.Cpu.Postgres, "ms/s"), Row("API, MB resident", alone.Memory.ApiMb, watched.Memory.ApiMb, "MB"),
        ];
    }

    private static async Task<((double Api, double Silo, double Postgres) Cpu, MemoryUse Memory)> Use(RunningProduct product)
    {
        var before = product.Processes.Cpu();
        await Task.Delay(s_watched);
        var used = product.Processes.Cpu().Since(before);
        double A(double seconds) => seconds * 1_000 / used.Elapsed;
        return ((A(used.Api), A(used.Silo), A(used.Postgres)), product.Processes.Memory());
    }
}
