using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Crm.Bench;

/// <summary>What live segments cost, how long everybody takes to be looked at, and how late those leave whom time alone takes out.</summary>
internal sealed class SegmentsQuestion : IQuestion
{
    private const int Leaving = 2_000;
    private const int LeavingBatch = 100;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(15);

    public string Name => "segments";

    public string Asks => "What do 200 live segments cost a customer's turn? The same load without and with them (targets: at most 10 us more of the silo's CPU a call, at least 85 % of the events a second); how long until everybody "
        + "was looked at by them beside 5,000 events/s (1,000,000 customers in 5 min, so 100,000 in 30 s); how late do those leave whom time alone takes out (within 2 s)?";

    public string Estimate =>
        "A look asks 200 conditions of some comparisons each, 20-50 ns: 4-10 us a turn, and a fold of an event finds the few series that take it, 1 us. Everybody: an activation, a read of the row and of some ten events of the history, "
        + "many in one statement: 0.2-0.4 ms of CPU, 100,000 in 20-40 s of both cores. Who is due is looked for every second: 0.5 s late on average.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await RunningProduct.Start(options);
        using var connection = new HttpConnection(product.Api);
        var key = await product.Crm("keys", "create", "--kind", "admin", "--name", "bench segments");
        var load = Runs.Load(product, options, new ShopEvents(Runs.NewId()), new ZipfChoice(options.Customers))
            with { EventsPerSecond = options.Number("rate", 10_000), Connections = 16 };
        await new LoadGenerator(load with { Customers = new InARowChoice(0, options.Customers, 1), Duration = TimeSpan.FromMinutes(5), EventsPerSecond = 15_000, Seed = 3 }).Run();
        await new LoadGenerator(load with { Seed = 5 }).Run();
        await product.Drained(TimeSpan.FromMinutes(5));
        await Measured(product, options, report, load with { Seed = 7 }, "without segments");

        var count = options.Whole("segments", 200);
        for (var at = 0; at < count; at++) await Make(connection, key, $"Bench {at}", Definition(at));
        var beside = new LoadGenerator(load with { EventsPerSecond = options.Number("beside", 5_000), Duration = s_patience, Seed = 9 });
        using var enough = new CancellationTokenSource();
        var running = beside.Run(enough.Token);
        var seconds = await Filled(connection, key);
        await enough.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        report.Line(string.Create(CultureInfo.InvariantCulture, $"Everybody ({options.Customers:N0} customers) was looked at by {count} new segments in {seconds:0} s, beside {options.Number("beside", 5_000):N0} events/s."));
        await product.Drained(TimeSpan.FromMinutes(5));
        await Measured(product, options, report, load with { Seed = 11 }, $"with {count} segments");
        await Late(product, connection, key, report);
    }

    private static async Task Measured(RunningProduct product, BenchOptions options, Report report, LoadOptions load, string what)
    {
        var generator = new LoadGenerator(load with { Duration = options.Seconds("seconds", 30) });
        var watch = new LoadWatch(product, generator);
        await watch.Run();
        var memory = product.Processes.Memory();
        await product.Drained(TimeSpan.FromMinutes(5));
        report.Line($"## {load.EventsPerSecond:N0} events/s, {what}");
        report.Block(watch.Rates());
        report.Block(watch.Cpu.Table(watch.Acked));
        report.Line(watch.Gc + $" Silo: {memory.SiloMb:0} MB.");
    }

    // Every fifth of a kind: things seen, counted in moving windows, summed, long ago, and of the profile alone.
    private static string Definition(int at) => (at % 5) switch
    {
        0 => $"count(\"Product Viewed\" where product_id = \"p{at}\" in last 7d) >= 1",
        1 => $"count(\"Product Added\" in last {1 + (at % 30)}d) >= {1 + (at % 9)}",
        2 => $"sum(revenue of \"Order Completed\" since 2026-01-01) > {at * 10}",
        3 => $"last(\"Product Viewed\") < -{1 + (at % 60)}d",
        _ => $"orders >= {at % 10} and tier = \"ordinary\" and events > {at}",
    };

    private static async Task<string> Make(HttpConnection connection, string key, string name, string definition) =>
        (await RecordRequests.Json(connection, key, "POST", "/api/v1/segments", JsonSerializer.Serialize(new { name, definition }))).GetProperty("id").GetString()!;

    private static async Task<double> Filled(HttpConnection connection, string key)
    {
        var began = Clock.Now;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (Clock.SecondsSince(began) < s_patience.TotalSeconds)
        {
            if ((await RecordRequests.Json(connection, key, "GET", "/api/v1/segments/backfill")).GetProperty("ended").GetBoolean()) return Clock.SecondsSince(began);
            await timer.WaitForNextTickAsync();
        }

        return double.PositiveInfinity;
    }

    private static async Task Late(RunningProduct product, HttpConnection connection, string key, Report report)
    {
        var segment = await Make(connection, key, "Bench leaving", "count(\"Leaving\" in last 1m) >= 1");
        await Filled(connection, key);
        var happened = TimeProvider.System.GetUtcNow().AddSeconds(-40);
        for (var at = 0; at < Leaving; at += LeavingBatch)
        {
            var batch = Enumerable.Range(at, LeavingBatch).Select(n => new { type = "track", userId = $"leaving-{n}", @event = "Leaving", timestamp = happened.ToString("O", CultureInfo.InvariantCulture) });
            var answer = await connection.Send(RecordRequests.Of(product.WriteKey, "POST", "/v1/batch", JsonSerializer.Serialize(new { batch })));
            if (!answer.IsOk) throw new InvalidOperationException($"The batch was answered {answer.Status}: {Encoding.UTF8.GetString(answer.Body.Span)}");
        }

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        var began = Clock.Now;
        while (Clock.SecondsSince(began) < 120 && await Left(product, segment) < Leaving) await timer.WaitForNextTickAsync();
        await using var command = product.Database.CreateCommand("""
            SELECT count(*), percentile_disc(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM at - $2)) FROM segment_change WHERE segment = $1 AND NOT entered
            """);
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = segment });
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = happened.AddMinutes(1).UtcDateTime });
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        var late = row.GetFieldValue<decimal[]>(1);
        report.Line(string.Create(CultureInfo.InvariantCulture,
            $"{row.GetInt64(0):N0} of {Leaving:N0} customers who are due in one moment leave, p50 {late[0]:0.00} s, p95 {late[1]:0.00} s, p99 {late[2]:0.00} s, the last {late[3]:0.00} s late."));
    }

    private static async Task<long> Left(RunningProduct product, string segment)
    {
        await using var command = product.Database.CreateCommand("SELECT count(*) FROM segment_change WHERE segment = $1 AND NOT entered");
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = segment });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
