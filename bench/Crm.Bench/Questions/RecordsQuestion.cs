using System.Globalization;
using Crm.Seeding;

namespace Crm.Bench;

/// <summary>How long people wait for records, moves and boards, and whether their writes go on beside a click stream.</summary>
internal sealed class RecordsQuestion : IQuestion
{
    private const int Connections = 16;
    private const int Records = 20_000;

    public string Name => "records";

    public string Asks => "On a database of 1,000,000 customers: how long do a record with its first timeline page (target p99 under 20 ms), a move of a deal (under 15 ms) and a board of 2,000 open deals "
        + "(under 100 ms) take? Are 500 mixed writes a second carried for 30 s beside 5,000 events/s?";

    public string Estimate =>
        "A record is a grain call, two when it is not in memory, 1-3 ms; its timeline page two or three index reads more, 2-5 ms. A move is one transaction: 2-4 ms with the disk's flush. A board reads "
        + "2,000 rows for its sums, 10-30 ms. 500 writes/s at 0.5-1 ms of CPU each are a third of the machine; 5,000 events/s another tenth.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await SeededProduct.Start(options, report);
        using var connection = new HttpConnection(product.Api);
        var key = await product.Crm("keys", "create", "--kind", "admin", "--name", "bench records");
        var scale = new SeedScale(SeededProduct.Customers(options), SeededProduct.Seed(options), default);
        var lines = new List<string> { "| ms | p50 | p95 | p99 | p99.9 | longest | count | failed |", "|---|---|---|---|---|---|---|---|" };
        var customers = await RecordRequests.Ids(connection, key, "/api/v1/customers?sort=createdAt&fields=id", Records);
        var open = await RecordRequests.Ids(connection, key, "/api/v1/deals?fields=id&filter=" + Uri.EscapeDataString("status = open"), Records);
        var companies = await RecordRequests.Ids(connection, key, "/api/v1/companies?fields=id", Records);

        foreach (var (kind, ids) in ((string, string[])[])[("customers", customers), ("companies", companies), ("deals", open)])
            lines.Add(await WithTimeline(connection, key, kind, ids, options));
        var board = $"/api/v1/pipelines/default/board?filter={Uri.EscapeDataString($"owner = \"{scale.User(0).Id}\"")}";
        lines.Add(await Row("board of one owner's open deals", options.Whole("times", 300), _ => Send(connection, key, "GET", board)));
        lines.Add(await Row("move of a deal", Math.Min(options.Whole("times", 300), open.Length / 2), at => Send(
            connection, key, "POST", $"/api/v1/deals/{open[at]}/move", $$"""{"stage":"{{(at % 2 == 0 ? "proposal" : "negotiation")}}"}""")));
        report.Block(lines);
        report.Line($"The board has {await OpenOf(product, scale.User(0).Id):N0} open deals.");
        await Writes(product, options, report, key, customers, companies, open);
    }

    private static async Task<string> WithTimeline(HttpConnection connection, string key, string kind, string[] ids, BenchOptions options) =>
        await Row($"{kind}: record and first timeline page", Math.Min(options.Whole("times", 300), ids.Length / 2), async at =>
        {
            var id = Uri.EscapeDataString(ids[at * 37 % ids.Length]);
            return await Send(connection, key, "GET", $"/api/v1/{kind}/{id}") & await Send(connection, key, "GET", $"/api/v1/{kind}/{id}/timeline");
        });

    private static async Task Writes(RunningProduct product, BenchOptions options, Report report, string key, string[] customers, string[] companies, string[] deals)
    {
        var (rate, seconds) = (options.Number("writes", 500), options.Seconds("seconds", 30));
        var load = Runs.Load(product, options, new ShopEvents(Runs.NewId(), SeededProduct.Seed(options)), new ZipfChoice(SeededProduct.Customers(options)))
            with { EventsPerSecond = options.Number("rate", 5_000), BatchEvents = 20, Connections = 16 };
        foreach (var (duration, seed) in ((TimeSpan, ulong)[])[(options.WarmUp, 7), (seconds, 11)])
        {
            var (took, failed, number) = (new Latencies(), 0L, (long)seed * 1_000_000);
            var events = new LoadGenerator(load with { Duration = duration, Seed = seed });
            var writes = OpenLoop.Run(product.Api, rate, duration, Connections, async (connection, _, due) =>
            {
                if (!await Write(connection, key, Interlocked.Increment(ref number), customers, companies, deals)) Interlocked.Increment(ref failed);
                took.Since(due);
            });
            await Task.WhenAll(events.Run(), writes);
            if (seed == 7) continue;
            report.Line(string.Create(
                CultureInfo.InvariantCulture, $"{rate:N0} writes/s (edits of customers, companies and deals, moves, new activities, a fifth each) for {duration.TotalSeconds:0} s beside {load.EventsPerSecond:N0} events/s:"));
            report.Block([
                "| ms | p50 | p95 | p99 | p99.9 | longest | count | failed |", "|---|---|---|---|---|---|---|---|",
                $"| a write, from when it was due | {took.Cells()} | {took.Count:N0} | {failed:N0} |",
                $"| ack of a batch | {events.Ack.Cells()} | {events.Ack.Count:N0} | {events.Refused + events.Broken:N0} |"]);
        }
    }

    private static Task<bool> Write(HttpConnection connection, string key, long number, string[] customers, string[] companies, string[] deals)
    {
        var which = number / 5;
        var customer = customers[which % customers.Length];
        return (number % 5) switch
        {
            0 => Send(connection, key, "PATCH", $"/api/v1/customers/{Uri.EscapeDataString(customer)}", $$"""{"role":"Buyer {{number}}"}"""),
            1 => Send(connection, key, "PATCH", $"/api/v1/companies/{companies[which % companies.Length]}", $$"""{"size":{{number % 1_000}}}"""),
            2 => Send(connection, key, "PATCH", $"/api/v1/deals/{deals[which % deals.Length]}", $$"""{"description":"Edit {{number}}"}"""),
            3 => Send(connection, key, "POST", $"/api/v1/deals/{deals[which % deals.Length]}/move", $$"""{"stage":"{{(number % 2 == 0 ? "prospecting" : "engaging")}}"}"""),
            _ => Send(connection, key, "POST", "/api/v1/activities", $$"""{"type":"call","subject":"Call {{number}}","customer":"{{customer}}"}"""),
        };
    }

    private static async Task<string> Row(string what, int times, Func<int, Task<bool>> once)
    {
        // As many before do not count: code is compiled anew some hundred calls after it was met.
        var (took, failed, first) = (new Latencies(), 0, times);
        for (var at = 0; at < times + first; at++)
        {
            var began = Clock.Now;
            if (!await once(at)) failed++;
            if (at >= first) took.Since(began);
        }

        return $"| {what} | {took.Cells()} | {took.Count:N0} | {failed:N0} |";
    }

    private static async Task<bool> Send(HttpConnection connection, string key, string method, string path, string? body = null)
    {
        try
        {
            return (await connection.Send(RecordRequests.Of(key, method, path, body))).Status is 200 or 201;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task<long> OpenOf(RunningProduct product, string owner)
    {
        await using var command = product.Database.CreateCommand("SELECT count(*) FROM deal WHERE owner = $1 AND status = 'open' AND deleted_at IS NULL");
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = owner });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
