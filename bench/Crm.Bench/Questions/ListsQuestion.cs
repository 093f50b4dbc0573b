using System.Globalization;
using System.Text;
using System.Text.Json;
using Crm.Seeding;

namespace Crm.Bench;

/// <summary>How long lists take, however far one goes.</summary>
internal sealed class ListsQuestion : IQuestion
{
    private const int FarPage = 1_000;

    public string Name => "lists";

    public string Asks => "How long do the first and the 1,000th page of twenty queries take over 1,000,000 customers, 200,000 companies, 300,000 deals and 3,000,000 activities? "
        + "Target: p99 of each under 50 ms. And does another query stop at 2 s, in words?";

    public string Estimate =>
        "A page in an index's order reads 51 rows by key, 50-100 us warm; a customer's is joined to what was seen of it, twice as much. Filters that one of ten records passes read ten times as "
        + "many: 1-2 ms; those that one of two hundred passes 10,000 rows, 15-30 ms. JSON of 50 records over HTTP 1 ms. p50 2-5 ms, p99 by the rarest filters 20-40 ms.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await SeededProduct.Start(options, report);
        using var connection = new HttpConnection(product.Api);
        var key = await product.Crm("keys", "create", "--kind", "admin", "--name", "bench lists");
        var times = options.Whole("times", 300);
        report.Line($"One request at a time over one connection, {times} of each page after {times / 10} that do not count. 50 records a page.");
        var scale = new SeedScale(SeededProduct.Customers(options), SeededProduct.Seed(options), default);
        var lines = new List<string> { "| list | page | ms p50 | p95 | p99 | p99.9 | longest |", "|---|---|---|---|---|---|---|" };
        foreach (var shape in ListShapes.All(scale))
        {
            var title = $"{shape.Kind} by {shape.Sort}{(shape.Filter is null ? "" : ": " + shape.Filter.Replace("|", "\\|", StringComparison.Ordinal))}";
            lines.Add($"| {title} | 1 | {(await Measure(connection, key, shape.Path, times)).Cells()} |");
            var (far, number) = await Far(connection, key, shape.Path);
            if (number > 1) lines.Add($"| {title} | {number} | {(await Measure(connection, key, far, times)).Cells()} |");
        }

        lines.Add($"| *ceiling: 51 customers by key order, SQL alone* | 1 | {(await Ceiling(product, "customer_record", times)).Cells()} |");
        lines.Add($"| *ceiling: 51 activities by key order, SQL alone* | 1 | {(await Ceiling(product, "activity", times)).Cells()} |");
        report.Block(lines);
        var began = Clock.Now;
        var answer = await connection.Send(RecordRequests.Of(key, "GET", ListShapes.Slow.Path));
        report.Line(string.Create(
            CultureInfo.InvariantCulture, $"Another query ({ListShapes.Slow.Filter}, sorted by {ListShapes.Slow.Sort}): {answer.Status} after {Clock.SecondsSince(began):0.00} s: "));
        report.Block(["    " + (answer.IsOk ? "(answered)" : Encoding.UTF8.GetString(answer.Body.Span))]);
    }

    private static async Task<Latencies> Measure(HttpConnection connection, string key, string path, int times)
    {
        var request = RecordRequests.Of(key, "GET", path);
        var took = new Latencies();
        for (var at = -times / 10; at < times; at++)
        {
            var began = Clock.Now;
            var answer = await connection.Send(request);
            if (!answer.IsOk) throw new InvalidOperationException($"{path} was answered {answer.Status}: {Encoding.UTF8.GetString(answer.Body.Span)}");
            if (at >= 0) took.Since(began);
        }

        return took;
    }

    // As a person or a program gets there: by the cursor of each page before.
    private static async Task<(string Path, int Number)> Far(HttpConnection connection, string key, string path)
    {
        var (at, number) = (path, 1);
        while (number < FarPage)
        {
            var page = await RecordRequests.Json(connection, key, "GET", at);
            if (page.GetProperty("next") is not { ValueKind: JsonValueKind.String } next) break;
            at = $"{path}&cursor={Uri.EscapeDataString(next.GetString()!)}";
            number++;
        }

        return (at, number);
    }

    private static async Task<Latencies> Ceiling(RunningProduct product, string table, int times)
    {
        var took = new Latencies();
        await using var connection = await product.Database.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT id, state::text FROM {table} WHERE id > 'a' ORDER BY id LIMIT 51";
        await command.PrepareAsync();
        for (var at = -times / 10; at < times; at++)
        {
            var began = Clock.Now;
            await using (var rows = await command.ExecuteReaderAsync())
            {
                while (await rows.ReadAsync()) _ = rows.GetString(1);
            }

            if (at >= 0) took.Since(began);
        }

        return took;
    }
}
