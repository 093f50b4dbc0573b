using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Crm.Clickstream;

/// <summary>
/// Group commit. Callers pack their events and queue them; each commit takes all that has gathered while the one before was
/// on its way to the disk. The queue is bounded in bytes. While the server is away everything is refused at once.
/// </summary>
internal sealed partial class EventLogWriter : IEventLogWriter, IAsyncDisposable
{
    private readonly DataSources _sources;
    private readonly LogInfo _info;
    private readonly EventLogOptions _options;
    private readonly CrmMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<EventLogWriter> _logger;
    private readonly Channel<AppendRequest> _queue = Channel.CreateUnbounded<AppendRequest>();
    private readonly Lock _collecting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lazy<Task> _loops;
    private readonly RateMeter _rate;
    private long _queuedBytes;
    private volatile Exception? _down;

    public EventLogWriter(
        DataSources sources, LogInfo info, EventLogOptions options, CrmMetrics metrics, TimeProvider clock, ILogger<EventLogWriter> logger)
    {
        (_sources, _info, _options, _metrics, _clock, _logger) = (sources, info, options, metrics, clock, logger);
        _rate = new RateMeter(clock);
        _loops = new Lazy<Task>(() => Task.WhenAll(Enumerable.Range(0, options.CommitsInFlight).Select(_ => Task.Run(Loop))));
    }

    /// <summary>Bytes of packed events that wait for their commit.</summary>
    public long QueuedBytes => Volatile.Read(ref _queuedBytes);

    public async Task<LogPosition> Append(IReadOnlyList<BehaviourEvent> events, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfZero(events.Count);
        if (_down is { } reason) throw Unavailable(reason);
        if (QueuedBytes >= _options.AcceptBytes) throw new LogFullException();
        var request = AppendRequest.Pack(events, await Partitions(stop));
        if (Interlocked.Add(ref _queuedBytes, request.Bytes) > _options.AcceptBytes)
        {
            Interlocked.Add(ref _queuedBytes, -request.Bytes);
            request.Release();
            throw new LogFullException();
        }

        if (!_queue.Writer.TryWrite(request)) Fail(request, Unavailable(new ObjectDisposedException(nameof(EventLogWriter))));
        _ = _loops.Value;
        return await request.Answer.WaitAsync(stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        if (_loops.IsValueCreated) await _loops.Value;
        FailQueued(Unavailable(new ObjectDisposedException(nameof(EventLogWriter))));
        _stop.Dispose();
    }

    private static LogUnavailableException Unavailable(Exception reason) =>
        new("Events cannot be made durable now, or it is unknown whether they were. Send them again.", reason);

    private async ValueTask<int> Partitions(CancellationToken stop)
    {
        try
        {
            return await _info.Load(stop);
        }
        catch (Exception failure) when (failure is DbException or TimeoutException)
        {
            throw Unavailable(failure);
        }
    }

    // One loop per commit in flight, each with its own connection. It ends only when the writer is disposed.
    private async Task Loop()
    {
        var batch = new CommitBatch(_info.Partitions);
        AppendConnection? connection = null;
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                connection ??= await Connect();
                if (connection is null)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(_options.ProbeMs), _clock, _stop.Token);
                    continue;
                }

                await Gather(batch);
                if (!connection.Usable)
                {
                    // It died while idle: nothing of this batch was sent yet.
                    await connection.DisposeAsync();
                    connection = await Connect();
                }

                if (connection is null) FailAll(batch, _down!);
                else if (!await Commit(connection, batch)) connection = await Close(connection);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed while waiting; what is queued fails there.
        }
        finally
        {
            await Close(connection);
        }
    }

    private async Task<AppendConnection?> Connect()
    {
        try
        {
            var connection = await AppendConnection.Open(_sources, _options.Partitions, _stop.Token);
            if (_down is not null) LogUp(_logger, connection.Identity, _info.Partitions);
            _down = null;
            return connection;
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            GoDown(failure);
            return null;
        }
    }

    private async Task Gather(CommitBatch batch)
    {
        await _queue.Reader.WaitToReadAsync(_stop.Token);
        Collect(batch);
        var lingerMs = Math.Min(_options.MaxLingerMs, (int)(_rate.PerSecond / _options.LingerEventsPerSecond));
        if (batch.Events >= _options.CommitEvents / 2 || lingerMs == 0) return;
        await Task.Delay(TimeSpan.FromMilliseconds(lingerMs), _clock);
        Collect(batch);
    }

    // Under a lock: with two loops, peeking and taking must be one step.
    private void Collect(CommitBatch batch)
    {
        lock (_collecting)
        {
            while (_queue.Reader.TryPeek(out var next)
                && (batch.Requests.Count == 0
                    || (batch.Events + next.Events <= _options.CommitEvents && batch.Bytes + next.Bytes <= _options.CommitBytes))
                && _queue.Reader.TryRead(out next))
                batch.Add(next);
        }
    }

    /// <summary>False when the connection can no longer be used.</summary>
    private async Task<bool> Commit(AppendConnection connection, CommitBatch batch)
    {
        if (batch.Requests.Count == 0) return true;
        try
        {
            await connection.Commit(batch);
            Interlocked.Add(ref _queuedBytes, -batch.Bytes);
            _rate.Add(batch.Events);
            _metrics.Appended(batch.Events);
            batch.Succeed(connection.Identity);
            batch.Clear();
            return true;
        }
        catch (PostgresException refusal) when (connection.Usable && refusal.SqlState != PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            LogRefused(_logger, batch.Events, refusal.SqlState);
            FailAll(batch, refusal);
            return true;
        }
        catch (Exception failure)
        {
            FailAll(batch, failure);
            GoDown(failure);
            return false;
        }
    }

    private static async Task<AppendConnection?> Close(AppendConnection? connection)
    {
        if (connection is not null) await connection.DisposeAsync();
        return null;
    }

    private void GoDown(Exception reason)
    {
        if (_down is null) LogDown(_logger, reason.GetType().Name, _options.ProbeMs);
        _down = reason;
        FailQueued(Unavailable(reason));
    }

    private void FailAll(CommitBatch batch, Exception reason)
    {
        var failure = Unavailable(reason);
        foreach (var request in batch.Requests) Fail(request, failure);
        batch.Clear();
    }

    private void FailQueued(LogUnavailableException failure)
    {
        while (_queue.Reader.TryRead(out var request)) Fail(request, failure);
    }

    private void Fail(AppendRequest request, LogUnavailableException failure)
    {
        Interlocked.Add(ref _queuedBytes, -request.Bytes);
        request.Fail(failure);
    }
}
