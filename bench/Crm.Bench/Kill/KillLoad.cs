using System.Globalization;
using System.Text;

namespace Crm.Bench;

/// <summary>
/// Sends batches over several connections, and each batch again, unchanged, until it is acknowledged: so at the end
/// everything that was sent is acknowledged, and each customer must have counted exactly that.
/// </summary>
internal sealed class KillLoad(KillSubject subject, KillOptions options)
{
    /// <summary>Name of the events, by which profiles count them.</summary>
    public const string EventName = "Click";

    private const int Connections = 8;
    private const int BatchSize = 100;

    /// <summary>Where nothing names a pause.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>A request without an answer for so long is given up and sent again.</summary>
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(10);

    private readonly ZipfSampler _zipf = new(options.Customers, 1.0);
    private readonly int[] _acked = new int[options.Customers];
    private readonly string _auth = Convert.ToBase64String(Encoding.ASCII.GetBytes(subject.WriteKey + ":"));
    private long _ackedEvents, _resent, _refusals, _gaveUp;
    private volatile bool _ended;

    /// <summary>Acknowledged events by customer. Read it after the end.</summary>
    public IReadOnlyList<int> Acked => _acked;

    /// <summary>Acknowledged events.</summary>
    public long AckedEvents => Interlocked.Read(ref _ackedEvents);

    /// <summary>Batches that were sent again.</summary>
    public long Resent => Interlocked.Read(ref _resent);

    /// <summary>Answers of another kind than "taken" and "not now"; there must be none.</summary>
    public long Refusals => Interlocked.Read(ref _refusals);

    /// <summary>Events that were never acknowledged: they may count or not.</summary>
    public long InFlight => Interlocked.Read(ref _gaveUp);

    /// <summary>The user id of a customer.</summary>
    public static string UserId(int customer) => string.Create(CultureInfo.InvariantCulture, $"k{customer}");

    /// <summary>Sends until <see cref="End"/>, and then until all is acknowledged or the patience is over.</summary>
    public Task Run(CancellationToken patience) =>
        Task.WhenAll(Enumerable.Range(0, Connections).Select(worker => Task.Run(() => Work(worker, patience), CancellationToken.None)));

    /// <summary>No new batches.</summary>
    public void End() => _ended = true;

    private async Task Work(int worker, CancellationToken patience)
    {
        var random = new SplitMix((ulong)(options.Seed * 1_000 + worker));
        using var connection = new HttpConnection(subject.Api);
        var perBatch = BatchSize * Connections / options.Rate;
        var customers = new int[BatchSize];
        var due = Clock.Now;
        for (long batch = 0; !_ended; batch++)
        {
            for (var i = 0; i < BatchSize; i++) customers[i] = _zipf.Draw(ref random);
            if (!await Deliver(connection, Request(worker, batch, customers), patience))
            {
                Interlocked.Add(ref _gaveUp, BatchSize);
                return;
            }

            foreach (var customer in customers) Interlocked.Increment(ref _acked[customer]);
            Interlocked.Add(ref _ackedEvents, BatchSize);

            // What an outage held up is offered late, but not all at once.
            due = Math.Max(due + (long)(perBatch * Clock.TicksPerSecond), Clock.Now - Clock.TicksPerSecond);
            var wait = TimeSpan.FromSeconds(Clock.Seconds(due - Clock.Now));
            if (wait > TimeSpan.FromMilliseconds(1)) await Task.Delay(wait, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<bool> Deliver(HttpConnection connection, byte[] request, CancellationToken patience)
    {
        for (var first = true; !patience.IsCancellationRequested; first = false)
        {
            if (!first) Interlocked.Increment(ref _resent);
            var pause = Pause;
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience);
                limit.CancelAfter(RequestLimit);
                var answer = await connection.Send(request, limit.Token);
                if (answer.IsOk && answer.Body.Span.IndexOf("\"refused\""u8) < 0) return true;
                if (answer.Status is not (429 or 503)) Interlocked.Increment(ref _refusals);
                if (answer.RetryAfterSeconds > 0) pause = TimeSpan.FromSeconds(answer.RetryAfterSeconds);
            }
            catch (Exception broken) when (broken is IOException or OperationCanceledException)
            {
                // It may have been taken or not: that is what the messageIds are for.
            }

            if (!patience.IsCancellationRequested) await Task.Delay(pause, TimeProvider.System, CancellationToken.None);
        }

        return false;
    }

    private byte[] Request(int worker, long batch, int[] customers)
    {
        var body = new StringBuilder("{\"batch\":[");
        for (var i = 0; i < customers.Length; i++)
        {
            if (i > 0) body.Append(',');
            body.Append(CultureInfo.InvariantCulture,
                $$$"""{"type":"track","event":"{{{EventName}}}","userId":"{{{UserId(customers[i])}}}","messageId":"m-{{{worker}}}-{{{batch}}}-{{{i}}}","properties":{"page":"/p/{{{i}}}"}}""");
        }

        body.Append("]}");
        // An import: the busiest of these customers are faster than people may be.
        var text = $"POST /v1/import HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {_auth}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n";
        return Encoding.ASCII.GetBytes(text + body);
    }
}
