using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Crm.Clickstream;

/// <summary>
/// Follows the log for a whole process. A listener hears the writers' signal; a poller then reads what is new for all followed
/// partitions in one query. A lost signal or listener only costs time: the poller also looks by itself.
/// </summary>
internal sealed partial class LogTail : ILogTail, IAsyncDisposable
{
    private readonly DataSources _sources;
    private readonly EventLogOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<LogTail> _logger;
    private readonly ConcurrentDictionary<int, TailQueue> _followed = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lazy<Task> _loops;
    private readonly TaskCompletionSource _never = new();

    // One signal is enough: a poll reads everything that is there.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public LogTail(DataSources sources, EventLogOptions options, TimeProvider clock, ILogger<LogTail> logger)
    {
        (_sources, _options, _clock, _logger) = (sources, options, clock, logger);
        _loops = new Lazy<Task>(() => Task.WhenAll(Task.Run(Listen), Task.Run(Poll), Task.Run(Tick)));
    }

    public IDisposable Subscribe(int partition, long after)
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        var queue = new TailQueue(partition, after, _options.TailBytesPerPartition);
        _followed[partition] = queue;
        _ = _loops.Value;
        Wake();
        return new Subscription(this, queue);
    }

    public async ValueTask<IReadOnlyList<LogBlock>> Take(
        int partition, int maxBlocks, TimeSpan maxWait, CancellationToken stop = default)
    {
        var until = _clock.GetTimestamp() + (long)(maxWait.TotalSeconds * _clock.TimestampFrequency);
        while (true)
        {
            _followed.TryGetValue(partition, out var queue);
            if (queue is not null)
            {
                var (blocks, resumes) = queue.Take(maxBlocks);
                if (resumes) Wake();
                if (blocks.Count > 0) return blocks;
            }

            stop.ThrowIfCancellationRequested();
            var left = _clock.GetElapsedTime(_clock.GetTimestamp(), until);
            if (left <= TimeSpan.Zero || _stop.IsCancellationRequested) return [];
            var arrival = queue?.Arrival() ?? _never.Task;
            await arrival.WaitAsync(left, _clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        _never.TrySetResult();
        foreach (var queue in _followed.Values) queue.Wake();
        if (_loops.IsValueCreated) await _loops.Value;
        _stop.Dispose();
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private Task Listen() => Keep(async connection =>
    {
        await using (var listen = new NpgsqlCommand("LISTEN crm_log", connection))
            await listen.ExecuteNonQueryAsync(_stop.Token);
        while (true)
        {
            Wake();
            await connection.WaitAsync(_stop.Token);
        }
    });

    private Task Poll() => Keep(async connection =>
    {
        while (true)
        {
            await _wake.Reader.ReadAsync(_stop.Token);
            await ReadNew(connection);
        }
    });

    private async Task Tick()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(_options.TailPollMs), _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token)) Wake();
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    // Works on a connection until it fails, then on a new one, until disposed.
    private async Task Keep(Func<NpgsqlConnection, Task> work)
    {
        var lost = false;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _sources.LogReading.OpenConnectionAsync(_stop.Token);
                if (lost) LogFound(_logger);
                lost = false;
                await work(connection);
            }
            catch (Exception failure)
            {
                if (_stop.IsCancellationRequested) return;
                if (!lost) LogLost(_logger, failure.GetType().Name);
                lost = true;
                await Task.Delay(TimeSpan.FromMilliseconds(_options.ProbeMs), _clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ReadNew(NpgsqlConnection connection)
    {
        var hungry = _followed.Values.Select(q => (Queue: q, q.Room)).Where(q => q.Room > 0).ToArray();
        if (hungry.Length == 0) return;
        await Align(connection, [.. hungry.Where(q => !q.Queue.Aligned).Select(q => q.Queue)]);
        var blocks = await LogBlocks.Tail(
            connection,
            [.. hungry.Select(q => (short)q.Queue.Partition)],
            [.. hungry.Select(q => q.Queue.After)],
            [.. hungry.Select(q => q.Room)],
            _stop.Token);
        if (blocks.Count == 0) return;
        var queues = hungry.ToDictionary(q => q.Queue.Partition, q => q.Queue);
        foreach (var block in blocks) queues[block.Partition].Add(block);

        // A read that met its limits left something behind.
        if (blocks.Count >= LogBlocks.TailBlocks || blocks.Sum(b => (long)b.Payload.Length) >= _options.TailBytesPerPartition / 2) Wake();
    }

    private async Task Align(NpgsqlConnection connection, TailQueue[] fresh)
    {
        if (fresh.Length == 0) return;
        var begins = await LogBlocks.Align(
            connection, [.. fresh.Select(q => (short)q.Partition)], [.. fresh.Select(q => q.After)], _stop.Token);
        foreach (var queue in fresh)
            queue.Align(begins.TryGetValue(queue.Partition, out var first) ? first - 1 : queue.After);
    }

    private void End(TailQueue queue) => _followed.TryRemove(KeyValuePair.Create(queue.Partition, queue));

    [LoggerMessage(1, LogLevel.Warning, "The log's tail lost its connection ({Reason}); trying again.")]
    private static partial void LogLost(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Information, "The log's tail has its connection again.")]
    private static partial void LogFound(ILogger logger);

    private sealed class Subscription(LogTail tail, TailQueue queue) : IDisposable
    {
        public void Dispose() => tail.End(queue);
    }
}
