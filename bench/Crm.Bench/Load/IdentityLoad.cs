using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Crm.Bench;

/// <summary>What a run of merges measured, in seconds.</summary>
internal sealed record MergeRun(int People, double Acked, double Decided, double TakenOver)
{
    /// <summary>As a Markdown table.</summary>
    public IEnumerable<string> Table() =>
    [
        "| stage | seconds | a second |",
        "|---|---|---|",
        Row("acknowledged", Acked),
        Row("decided by the ledger", Decided),
        Row("taken over, and stored", TakenOver),
    ];

    private string Row(string stage, double seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"| {stage} | {seconds:0.0} | {People / seconds:N0} |");
}

/// <summary>Sends events of many people, each once, in batches over some connections.</summary>
internal static class IdentityLoad
{
    private const int BatchEvents = 100;
    private const int Connections = 8;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    /// <summary>An event under one id.</summary>
    public static string Track(string run, int person, string member, string prefix) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"type":"track","{{member}}":"{{prefix}}-{{run}}-{{person}}","messageId":"{{prefix}}-{{run}}-{{person}}","event":"Product Viewed","properties":{"product_id":"p{{person % 1000}}" } }""");

    /// <summary>The event with both ids.</summary>
    public static string Identify(string run, int person) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"type":"identify","userId":"u-{{{run}}}-{{{person}}}","anonymousId":"v-{{{run}}}-{{{person}}}","messageId":"i-{{{run}}}-{{{person}}}","traits":{"email":"{{{run}}}-{{{person}}}@example.org" } }""");

    /// <summary>Sends one event for each person; what is not accepted is sent again.</summary>
    public static async Task Send(RunningProduct product, int people, Func<int, string> write)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{product.Api}/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(product.WriteKey + ":")));
        await Parallel.ForEachAsync(
            Enumerable.Range(0, people).Chunk(BatchEvents),
            new ParallelOptions { MaxDegreeOfParallelism = Connections },
            async (batch, stop) =>
            {
                var body = $"{{\"batch\":[{string.Join(',', batch.Select(write))}]}}";
                while (true)
                {
                    using var content = new StringContent(body, Encoding.UTF8, "application/json");
                    using var answer = await http.PostAsync(new Uri("v1/batch", UriKind.Relative), content, stop);
                    if (answer.IsSuccessStatusCode) return;
                    await Task.Delay(answer.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), stop);
                }
            });
    }

    /// <summary>Sends the event with both ids for each person, and looks how far the merges are.</summary>
    public static async Task<MergeRun> Merge(RunningProduct product, string run, int people)
    {
        var began = Clock.Now;
        await Send(product, people, person => Identify(run, person));
        var acked = Clock.SecondsSince(began);
        var decided = await Reached(product, "SELECT count(*) FROM merge_ledger", people, began);
        var taken = await Reached(product, "SELECT count(*) FROM customer WHERE moved_to IS NOT NULL", people, began);
        await Reached(product, "SELECT CASE WHEN EXISTS (SELECT FROM customer WHERE due_at IS NOT NULL) THEN 0 ELSE 1 END::bigint", 1, began);
        return new MergeRun(people, acked, decided, Math.Max(taken, Clock.SecondsSince(began)));
    }

    private static async Task<double> Reached(RunningProduct product, string sql, long count, long began)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (Clock.SecondsSince(began) < s_limit.TotalSeconds)
        {
            await using var command = product.Database.CreateCommand(sql);
            if ((long)(await command.ExecuteScalarAsync())! >= count) return Clock.SecondsSince(began);
            await timer.WaitForNextTickAsync();
        }

        return double.PositiveInfinity;
    }
}
