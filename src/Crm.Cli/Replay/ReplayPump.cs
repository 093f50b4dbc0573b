using System.IO.Hashing;
using System.Text;
using System.Threading.Channels;
using Crm.Sending;

namespace Crm.Replay;

/// <summary>
/// Sends events over several connections. All events of a customer go through the same worker, which has one request in
/// flight: so they arrive in order.
/// </summary>
internal sealed class ReplayPump(EventSender sender, AckTracker tracker, int workers, ReplayCounts counts)
{
    /// <summary>Four batches wait per worker: enough that none idles, little enough to hold in memory.</summary>
    private const int WaitingPerWorker = 4 * BatchBuffer.MaxEvents;

    /// <summary>Sends all events; returns when each is answered, throws when one cannot be sent.</summary>
    public async Task Run(IEnumerable<ReplayEvent> events, RateGate rate, CancellationToken stop)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var queues = Enumerable.Range(0, workers)
            .Select(_ => Channel.CreateBounded<ReplayEvent>(new BoundedChannelOptions(WaitingPerWorker) { SingleReader = true, SingleWriter = true }))
            .ToArray();
        var running = queues.Select((queue, worker) => Work(worker, queue.Reader, failed)).ToArray();
        try
        {
            foreach (var one in events)
            {
                await rate.Pass(failed.Token);
                var worker = (int)(XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(one.Customer)) % (uint)workers);
                tracker.Dispatched(worker, one.Index);
                await queues[worker].Writer.WriteAsync(one, failed.Token);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // A worker failed; its exception is thrown below.
        }
        finally
        {
            foreach (var queue in queues) queue.Writer.TryComplete();
        }

        await Task.WhenAll(running);
    }

    private async Task Work(int worker, ChannelReader<ReplayEvent> queue, CancellationTokenSource failed)
    {
        var batch = new BatchBuffer();
        try
        {
            while (await queue.WaitToReadAsync(failed.Token))
            {
                while (queue.TryPeek(out var next) && batch.TryAdd(next.Json)) queue.TryRead(out _);
                var answer = await sender.Send(batch.Complete(), failed.Token);
                tracker.Acknowledged(worker, batch.Count);
                counts.Add(batch.Count, answer);
                batch.Clear();
            }
        }
        catch (Exception)
        {
            await failed.CancelAsync();
            throw;
        }
    }
}

/// <summary>What a replay has done so far.</summary>
internal sealed class ReplayCounts
{
    private long _sent;
    private long _refused;
    private volatile string? _logId;

    /// <summary>Events that were answered.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Events that the API did not take.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Events that the API took.</summary>
    public long Accepted => Sent - Refused;

    /// <summary>The log that took them, when the API says so.</summary>
    public string? LogId => _logId;

    public void Add(int events, SendAnswer answer)
    {
        Interlocked.Add(ref _refused, answer.Refused);
        Interlocked.Add(ref _sent, events);
        if (answer.LogId is { } id) _logId = id;
    }
}

/// <summary>Lets events pass at a steady rate; at 0 all at once.</summary>
internal sealed class RateGate(double eventsPerSecond, TimeProvider clock)
{
    /// <summary>Shorter waits cost more than they steady.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(5);

    private readonly long _started = clock.GetTimestamp();
    private long _passed;

    public async ValueTask Pass(CancellationToken stop)
    {
        if (eventsPerSecond <= 0)
        {
            stop.ThrowIfCancellationRequested();
            return;
        }

        var ahead = TimeSpan.FromSeconds(_passed++ / eventsPerSecond) - clock.GetElapsedTime(_started);
        if (ahead > Grain) await Task.Delay(ahead, clock, stop);
    }
}
