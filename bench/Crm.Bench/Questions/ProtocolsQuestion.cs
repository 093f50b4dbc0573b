namespace Crm.Bench;

/// <summary>What accepting an event costs by protocol, and how single events fare.</summary>
internal sealed class ProtocolsQuestion : IQuestion
{
    private const int BatchEvents = 50;
    private const int Connections = 8;
    private const int BrowserConnections = 64;

    public string Name => "protocols";

    public string Asks => $"What does accepting an event cost the API, in CPU microseconds, by protocol, in batches of {BatchEvents}, gzip and plain? "
        + "How many single events a second does it take at saturation, and what is the ack's p99 at half of that? Target: under 50 ms.";

    public string Estimate =>
        "The tracking protocol: parse and judge 1-1.3 us, a share of Kestrel's 20-30 us a request, packing and COPY 1 us: 3-4 us. gzip adds inflating 15 KB, some 60 us a request: 1-1.5 us an event. "
        + "A key in the body reads the body twice: 0.3-0.5 us. The others are read twice and written anew: PostHog 4-6 us, CloudEvents 5-7 us with its attributes, Snowplow 7-9 us with a dictionary and base64. "
        + "Single events: Kestrel, authentication and a waiter in the group commit, 45-60 us of the API and as much of generator and PostgreSQL: 12,000-18,000/s on 2 cores; p99 at half 5-10 ms.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await RunningProduct.Start(options);
        var run = Runs.NewId();
        var duration = options.Seconds("seconds", 10);
        var rows = new List<string>
        {
            "| protocol | bytes an event (before compression) | events/s | API us an event | product us an event | refused |", "|---|---|---|---|---|---|",
        };
        foreach (var shape in ProtocolShape.Batches)
        {
            await Send(product, shape, run, BatchEvents, Connections, options, options.WarmUp / 3);
            await product.Drained(TimeSpan.FromMinutes(2));
            rows.Add(Row(shape, await Send(product, shape, run, BatchEvents, Connections, options, duration)));
            await product.Drained(TimeSpan.FromMinutes(2));
        }

        report.Block(rows);
        await Singles(product, run, options, duration, report);
    }

    private static async Task Singles(RunningProduct product, string run, BenchOptions options, TimeSpan duration, Report report)
    {
        await Send(product, ProtocolShape.Single, run, 1, BrowserConnections, options, options.WarmUp / 3);
        var full = await Send(product, ProtocolShape.Single, run, 1, BrowserConnections, options, duration);
        await product.Drained(TimeSpan.FromMinutes(2));
        var half = full.PerSecond / 2;
        var ack = new Latencies();
        var failed = 0L;
        var makers = Enumerable.Range(0, BrowserConnections).Select(_ => new ProtocolRequests(ProtocolShape.Single, product.WriteKey, run)).ToArray();
        var random = Enumerable.Range(0, BrowserConnections).Select(i => new SplitMix((ulong)i + 77)).ToArray();
        await OpenLoop.Run(product.Api, half, duration * 2, BrowserConnections, async (connection, worker, due) =>
        {
            try
            {
                if (!(await connection.Send(makers[worker].Make(1, options.Customers, ref random[worker]))).IsOk) Interlocked.Increment(ref failed);
                ack.Since(due);
            }
            catch (IOException)
            {
                Interlocked.Increment(ref failed);
            }
        });

        report.Line($"Single events over {BrowserConnections} connections: **{full.PerSecond:N0} requests/s** at saturation, {full.ApiMicroseconds:0.0} us of the API each ({full.ProductMicroseconds:0.0} us of the product), refused or broken {full.Failed}.");
        report.Block(["| single events at half of it | p50 ms | p95 | p99 | p99.9 | longest | failed |", "|---|---|---|---|---|---|---|", $"| {half:N0}/s, open loop | {ack.Cells()} | {failed} |"]);
    }

    private static string Row(ProtocolShape shape, Sent sent) =>
        $"| {shape.Name} | {sent.BytesPerEvent:0} | {sent.PerSecond:N0} | **{sent.ApiMicroseconds:0.00}** | {sent.ProductMicroseconds:0.0} | {sent.Failed} |";

    /// <summary>Each connection sends as soon as it is answered.</summary>
    private static async Task<Sent> Send(RunningProduct product, ProtocolShape shape, string run, int events, int connections, BenchOptions options, TimeSpan duration)
    {
        long acked = 0, failed = 0, bytes = 0, made = 0;
        var before = product.Processes.Cpu();
        var end = Clock.Now + (long)(duration.TotalSeconds * Clock.TicksPerSecond);
        await Task.WhenAll(Enumerable.Range(0, connections).Select(i => Task.Run(() => Work((ulong)i + 1))));
        var used = product.Processes.Cpu().Since(before);
        return new Sent(acked, failed, (double)bytes / Math.Max(1, made), used);

        async Task Work(ulong seed)
        {
            using var connection = new HttpConnection(product.Api);
            var requests = new ProtocolRequests(shape, product.WriteKey, run);
            var random = new SplitMix(seed);
            while (Clock.Now < end)
            {
                var request = requests.Make(events, options.Customers, ref random);
                Interlocked.Add(ref bytes, requests.BodyBytes);
                Interlocked.Add(ref made, events);
                try
                {
                    if ((await connection.Send(request)).IsOk) Interlocked.Add(ref acked, events);
                    else Interlocked.Add(ref failed, 1);
                }
                catch (IOException)
                {
                    Interlocked.Add(ref failed, 1);
                }
            }
        }
    }

    private sealed record Sent(long Acked, long Failed, double BytesPerEvent, CpuUse Used)
    {
        public double PerSecond => Acked / Used.Elapsed;

        public double ApiMicroseconds => Used.Api * 1e6 / Math.Max(1, Acked);

        public double ProductMicroseconds => (Used.Api + Used.Silo + Used.Postgres) * 1e6 / Math.Max(1, Acked);
    }
}
