using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;
using Orleans.Timers;

namespace Crm.Clickstream;

/// <summary>The services a partition's turns need; one instance a silo.</summary>
internal sealed record PartitionServices(
    IEventLog Log,
    IPartitionStore Store,
    IGrainFactory Grains,
    TimeProvider Clock,
    DeliveryOptions Options,
    HistoryGate HistoryGate,
    CrmMetrics Metrics,
    ILogger<PartitionGrain> Logger);

/// <summary>
/// One partition of the log: sends its events to their customers in rounds, persists them behind, moves the checkpoint and
/// projects the history. What the stream delivers is a hint; the log is the truth: it trims what it has and reads gaps itself.
/// </summary>
[ImplicitStreamSubscription(Partitioning.StreamNamespace)]
[RandomPlacement]
[Reentrant]
internal sealed partial class PartitionGrain : IGrainBase, IPartitionGrain, IStreamSubscriptionObserver, IAsyncObserver<LogBlock>
{
    /// <summary>A customer's first answer waits this long for what it lacks; then its reader is told to come back.</summary>
    private static readonly TimeSpan CheckWait = TimeSpan.FromSeconds(2);

    private readonly PartitionServices _services;
    private readonly int _partition;
    private readonly LaneBook _lanes = new();
    private readonly LaneHealer _healer;
    private readonly PartitionWindow _window;
    private readonly List<(long Seq, TaskCompletionSource Reached)> _waiters = [];
    private readonly PartitionPulseBoard _pulse;
    private readonly CancellationTokenSource _stop = new();
    private long _checkpoint;
    private long _applied;
    private long _history;
    private long _head;
    private long _headAtStart;
    private DateTimeOffset? _databaseAnswersSince;
    private Task? _pump;

    public PartitionGrain(IGrainContext context, PartitionServices services)
    {
        GrainContext = context;
        _services = services;
        _partition = (int)context.GrainId.GetIntegerKey();
        _healer = new LaneHealer(services.Log, _partition);
        _window = new PartitionWindow(services.Options.WindowEvents);
        _pulse = new PartitionPulseBoard(services.Clock);
    }

    public IGrainContext GrainContext { get; }

    private DeliveryOptions Options => _services.Options;

    private bool IsStopped => _stop.IsCancellationRequested;

    public async Task OnActivateAsync(CancellationToken token)
    {
        await Load(token);
        foreach (var (period, work) in Timers) Every(period, work);
    }

    /// <summary>What is done from time to time, each by a timer of its own.</summary>
    internal (TimeSpan Period, Func<Task> Work)[] Timers =>
    [
        (Options.HeadCheckEvery, LookAtHead),
        (TimeSpan.FromMilliseconds(200), PersistWhenItIsTime),
        (Options.HistoryEvery, ProjectHistory),
        (Options.DueEvery, WakeDue),
        (Options.RetryParkedEvery, RetryParked),
    ];

    public Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token)
    {
        _stop.Cancel();
        _services.Metrics.LagGone(_partition);
        _services.Metrics.Parked(-_lanes.ParkedCount);
        foreach (var (_, reached) in _waiters.ToArray()) reached.TrySetCanceled(CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Reads where the last owner stopped, and the head: until that is passed, answers could be older than ones given before.</summary>
    internal async Task Load(CancellationToken token = default)
    {
        var state = await _services.Store.Load(_partition, token);
        _checkpoint = _applied = state.Checkpoint;
        _history = state.History;
        _head = _headAtStart = await _services.Log.Head(_partition, token);
        foreach (var lane in state.ParkedLanes) _lanes.Park(_lanes.Get(lane), true);
        foreach (var lane in state.Merging.GroupBy(m => m.Lane, m => m.Source)) NoteMerges(_lanes.Get(lane.Key), [.. lane], 0);
        _services.Metrics.Parked(_lanes.ParkedCount);
        StartPump();
    }

    public Task Start() => Task.CompletedTask;

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<LogBlock>().ResumeAsync(this);

    /// <summary>Never waits: it notes the hint and returns, so that the pulling agent is never held up.</summary>
    public Task OnNextAsync(LogBlock item, StreamSequenceToken? token = null)
    {
        if (_applied >= _head) _pulse.PendingSince(_services.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        _head = Math.Max(_head, item.LastSeq);
        _window.Offer(item, _applied);
        StartPump();
        return Task.CompletedTask;
    }

    public Task OnCompletedAsync() => Task.CompletedTask;

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    public async Task<PartitionProgress> Progress(long minSeq, TimeSpan wait)
    {
        if (minSeq > _applied)
        {
            var reached = new TaskCompletionSource();
            _waiters.Add((minSeq, reached));
            try
            {
                await reached.Task.WaitAsync(wait, _services.Clock);
            }
            catch (TimeoutException)
            {
                // The caller sees from the answer that it was not reached.
            }
            finally
            {
                _waiters.RemoveAll(w => w.Reached == reached);
            }
        }

        return Progress();
    }

    public async Task<LaneCheck> Check(string lane, long lastSeq)
    {
        if (_applied < _headAtStart) return new LaneCheck(false, 0);
        if (_lanes.Find(lane) is not { } known) return new LaneCheck(true, 0);

        // What waits in the side queue may have been shown by an activation that is gone.
        if (known.Parked) return new LaneCheck(false, 0);
        if (!await AppliesInFlight(known, lastSeq, _services.Clock.GetUtcNow() + CheckWait)) return new LaneCheck(false, 0);
        try
        {
            // Of the round under way too: who confirmed it may be gone.
            var sent = Math.Max(known.InFlight, SentAboveCheckpoint(known));
            if (sent > lastSeq) await Send(known, [], sent).WaitAsync(CheckWait, _services.Clock);
            return new LaneCheck(!IsStopped && !known.Parked, sent);
        }
        catch (TimeoutException)
        {
            return new LaneCheck(false, 0);
        }
    }

    public Task<PartitionPulse> Pulse() => Task.FromResult(_pulse.Show(Progress()));

    private PartitionProgress Progress() => new(
        _partition, _applied >= _headAtStart, _applied, _checkpoint, _history, _head,
        _pulse.LagMs(_applied >= _head), _pulse.HistoryLagMs(_history, _applied), _lanes.ParkedCount);

    private async Task LookAtHead()
    {
        try
        {
            _head = Math.Max(_head, await _services.Log.Head(_partition, _stop.Token));
            _databaseAnswersSince ??= _services.Clock.GetUtcNow();
        }
        catch (Exception) when (!IsStopped)
        {
            _databaseAnswersSince = null;
            throw;
        }

        StartPump();
        _pulse.Mark(_applied);
        var progress = Progress();
        _services.Metrics.Lag(_partition, TimeSpan.FromMilliseconds(progress.LagMs), TimeSpan.FromMilliseconds(progress.HistoryLagMs));
    }

    private async Task WakeDue()
    {
        // Many may be due in one minute. Those who stay due come first again, and then it ends.
        string? first = null;
        while (!IsStopped)
        {
            var due = await _services.Store.Due(_partition, _services.Clock.GetUtcNow(), Options.DueCustomers, _stop.Token);
            await Task.WhenAll(due.Select(customer => _services.Grains.Customer(customer).Wake()));
            if (due.Count < Options.DueCustomers || due[0] == first) break;
            first = due[0];
        }

        AskAboutMerges();
    }

    private void Every(TimeSpan period, Func<Task> work)
    {
        // A random part of the period spreads the partitions of a silo over time.
        var due = period * (0.2 + 0.8 * ((_partition * 37 % 64) / 64.0));
        var failing = false;
        this.RegisterGrainTimer(
            async _ =>
            {
                try
                {
                    if (!IsStopped) await work();
                    failing = false;
                }
                catch (Exception failure) when (!IsStopped)
                {
                    if (failing) return;
                    failing = true;
                    LogTimer(_services.Logger, _partition, work.Method.Name, failure.GetType().Name, failure.Message);
                }
                catch (OperationCanceledException)
                {
                    // The activation ends.
                }
            },
            new GrainTimerCreationOptions(due, period) { Interleave = true, KeepAlive = true });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Partition {Partition}: {Work} failed with {Failure} ({Message}) and is tried again.")]
    private static partial void LogTimer(ILogger logger, int partition, string work, string failure, string message);
}
