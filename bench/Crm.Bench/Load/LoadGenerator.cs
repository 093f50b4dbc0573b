using System.Net;
using System.Threading.Channels;

namespace Crm.Bench;

/// <summary>What load to make.</summary>
internal sealed record LoadOptions
{
    /// <summary>Where the API listens.</summary>
    public required IPEndPoint Api { get; init; }

    /// <summary>The write key.</summary>
    public required string WriteKey { get; init; }

    /// <summary>The events.</summary>
    public required ShopEvents Events { get; init; }

    /// <summary>Whose events.</summary>
    public required ICustomerChoice Customers { get; init; }

    /// <summary>Events of one request.</summary>
    public int BatchEvents { get; init; } = 100;

    /// <summary>Requests under way at most.</summary>
    public int Connections { get; init; } = 16;

    /// <summary>Events per second on a fixed schedule; 0: each connection sends as soon as it is answered.</summary>
    public double EventsPerSecond { get; init; }

    /// <summary>How long new batches are made.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>When set, counts the acknowledged events of each customer here.</summary>
    public int[]? AckedByCustomer { get; init; }

    /// <summary>Share of the events that are sent again, with the messageId and customer of an earlier one, half of them of the last thousand.</summary>
    public double Copies { get; init; }

    /// <summary>The same seed makes the same events, apart from their times.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>
/// Sends batches of events over few kept-alive connections. A batch that is not answered 200 is sent again, with the same
/// messageIds, until it is: what counts as acknowledged was answered 200 once.
/// </summary>
internal sealed class LoadGenerator(LoadOptions options)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static long s_number;

    private long _copies, _acked, _refused, _broken, _ackedBytes, _inFlight, _end;

    /// <summary>Events answered 200 so far.</summary>
    public long Acked => Interlocked.Read(ref _acked);

    /// <summary>Bytes of bodies answered 200 so far.</summary>
    public long AckedBytes => Interlocked.Read(ref _ackedBytes);

    /// <summary>Events of batches that are sent and not yet answered 200.</summary>
    public long InFlight => Interlocked.Read(ref _inFlight);

    /// <summary>Answers other than 200 (the batch was sent again).</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Requests without an answer (the batch was sent again).</summary>
    public long Broken => Interlocked.Read(ref _broken);

    /// <summary>Events acknowledged that were copies of others.</summary>
    public long Copied => Interlocked.Read(ref _copies);

    /// <summary>So many numbers that no other event of this process has; answers the first.</summary>
    public static long TakeNumbers(int count) => Interlocked.Add(ref s_number, count) - count;

    /// <summary>Fills in numbers that no other event of this process has.</summary>
    public static void TakeNumbers(Span<long> numbers)
    {
        var first = TakeNumbers(numbers.Length);
        for (var i = 0; i < numbers.Length; i++) numbers[i] = first + i;
    }

    /// <summary>From the moment a batch was due to its 200.</summary>
    public Latencies Ack { get; } = new();

    /// <summary>Makes the load; returns when it is over and every batch is acknowledged, or when given up.</summary>
    public async Task Run(CancellationToken giveUp = default)
    {
        using var pacer = options.EventsPerSecond > 0 ? new Pacer(options.EventsPerSecond / options.BatchEvents, options.Duration) : null;
        _end = Clock.Now + (long)(options.Duration.TotalSeconds * Clock.TicksPerSecond);
        await Task.WhenAll(Enumerable.Range(0, options.Connections).Select(i => Task.Run(() => Work(i, pacer?.Due, giveUp), giveUp)));
    }

    private async Task Work(int worker, ChannelReader<long>? schedule, CancellationToken giveUp)
    {
        using var connection = new HttpConnection(options.Api);
        var batch = new EventBatch("/v1/batch", options.WriteKey, options.BatchEvents, options.Events.LargestBytes);
        var random = new SplitMix(options.Seed * 1_000_003 + (ulong)worker);
        var customers = new int[options.BatchEvents];
        var numbers = new long[options.BatchEvents];
        var sent = new SentEvents(options.Copies);
        while (await Due(schedule, giveUp) is { } due)
        {
            var count = options.Customers.Choose(customers, ref random);
            if (count == 0) return;
            TakeNumbers(numbers.AsSpan(0, count));
            var copies = sent.Repeat(customers.AsSpan(0, count), numbers, ref random);
            batch.Fill(options.Events, customers.AsSpan(0, count), numbers, TimeProvider.System.GetUtcNow(), ref random);
            Interlocked.Add(ref _inFlight, count);
            await SendUntilAcked(connection, batch, giveUp);
            Ack.Since(due);
            Count(batch);
            Interlocked.Add(ref _copies, copies);
        }
    }

    private async ValueTask<long?> Due(ChannelReader<long>? schedule, CancellationToken giveUp)
    {
        if (schedule is null) return Clock.Now < _end ? Clock.Now : null;
        while (await schedule.WaitToReadAsync(giveUp))
            if (schedule.TryRead(out var due)) return due;
        return null;
    }

    private async Task SendUntilAcked(HttpConnection connection, EventBatch batch, CancellationToken giveUp)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                if ((await connection.Send(batch.Request, giveUp)).IsOk) return;
                Interlocked.Increment(ref _refused);
            }
            catch (IOException)
            {
                Interlocked.Increment(ref _broken);
            }

            await Task.Delay(pause, giveUp);
        }
    }

    private void Count(EventBatch batch)
    {
        Interlocked.Add(ref _acked, batch.Count);
        Interlocked.Add(ref _ackedBytes, batch.Body.Length);
        Interlocked.Add(ref _inFlight, -batch.Count);
        if (options.AckedByCustomer is not { } counts) return;
        foreach (var customer in batch.Customers.AsSpan(0, batch.Count)) Interlocked.Increment(ref counts[customer]);
    }
}
