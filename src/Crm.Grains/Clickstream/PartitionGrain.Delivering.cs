using System.Runtime.CompilerServices;
using Crm.Customers;
using Microsoft.Extensions.Logging;

namespace Crm.Clickstream;

/// <summary>Delivering: rounds of one call a lane, healed, routed and repeated until each customer has its events.</summary>
internal sealed partial class PartitionGrain
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private static readonly Task<LaneAnswer> s_parked = Task.FromResult(LaneAnswer.Ending);

    private readonly List<(Lane Lane, LaneEvent Event)> _gathered = [];
    private List<Lane> _underWay = [];
    private long _underWayUpTo;
    private Task? _round;
    private TaskCompletionSource? _nextRound;

    internal void StartPump()
    {
        if (_pump is null || _pump.IsCompleted) _pump = Pump();
    }

    /// <summary>Ends when nothing is left to apply, or too much is not persisted; hints, the head's timer and each checkpoint start it again.</summary>
    private async Task Pump()
    {
        // The delivery that began it has a context of its own, which each of the pump's calls would copy and carry along.
        RequestContext.Clear();
        try
        {
            while (!IsStopped && _applied < _head && _applied - _checkpoint < Options.MaxUnpersistedEvents)
            {
                IReadOnlyList<LogBlock> blocks = _window.Take(_applied, Options.RoundEvents);
                if (blocks.Count == 0) blocks = await _services.Log.Read(_partition, _applied, Options.RoundEvents, _stop.Token);
                if (blocks.Count == 0) return;
                await (_round = Round(blocks));
            }
        }
        catch (Exception failure) when (!IsStopped)
        {
            LogPump(_services.Logger, _partition, failure.GetType().Name, failure.Message);
        }
        catch (OperationCanceledException)
        {
            // The activation ends.
        }
    }

    private async Task Round(IReadOnlyList<LogBlock> blocks)
    {
        var (lanes, upTo, count) = Gather(blocks);
        _pulse.RoundBegins(blocks[0], lanes);
        (_underWay, _underWayUpTo) = (lanes, upTo);
        await Send(lanes);
        foreach (var lane in lanes)
        {
            lane.Sent = lane.InFlight;
            lane.InFlight = 0;
            lane.Sending = [];
            lane.Call = null;
        }

        _applied = upTo;
        _underWay = [];
        _pulse.RoundEnds(blocks, count);
        _services.Metrics.Applied(count);

        // A copy: who is told may go on at once, and leaves the list.
        foreach (var (seq, reached) in _waiters.ToArray())
            if (seq <= upTo) reached.TrySetResult();
    }

    /// <summary>Sorts what is not applied yet by lane.</summary>
    private (List<Lane> Lanes, long UpTo, int Count) Gather(IReadOnlyList<LogBlock> blocks)
    {
        var upTo = _applied;
        var lanes = new List<Lane>();
        foreach (var block in blocks)
        {
            foreach (var logged in block.Events())
            {
                if (logged.Seq <= upTo) continue;
                var lane = _lanes.Of(logged);
                if (lane.Gathered++ == 0) lanes.Add(lane);
                _gathered.Add((lane, logged));
            }

            // Erased events at the end of a block are passed, too.
            upTo = Math.Max(upTo, block.LastSeq);
        }

        foreach (var lane in lanes)
        {
            lane.Sending = new LaneEvent[lane.Gathered];
            lane.Gathered = 0;
        }

        foreach (var (lane, logged) in _gathered) lane.Sending[lane.Gathered++] = logged;
        foreach (var lane in lanes) lane.Gathered = 0;
        var count = _gathered.Count;
        _gathered.Clear();
        return (lanes, upTo, count);
    }

    /// <summary>One call a lane, all at the same time. Nearly all are answered Ok: only the others cost more than their call.</summary>
    private async Task Send(List<Lane> lanes)
    {
        var calls = new Task<LaneAnswer>[lanes.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            var lane = lanes[i];
            lane.InFlight = lane.Sending[^1].Seq;
            lane.Call = calls[i] = lane.Parked ? s_parked : AskToApply(lane, SentAboveCheckpoint(lane));
        }

        // Who is told goes on at once, and may wait for the one after.
        var began = _nextRound;
        _nextRound = null;
        began?.TrySetResult();
        await Settled(calls);
        List<Task>? repeated = null;
        for (var i = 0; i < calls.Length; i++)
        {
            var lane = lanes[i];
            if (!IsDone(lane, calls[i], lane.InFlight)) (repeated ??= []).Add(Send(lane, lane.Sending, SentAboveCheckpoint(lane)));
        }

        if (repeated is not null) await Task.WhenAll(repeated);
    }

    private Task<LaneAnswer> AskToApply(Lane lane, long after)
    {
        try
        {
            return lane.Customer(_services.Grains).Apply(lane.Id, lane.Sending, after);
        }
        catch (Exception failure)
        {
            return Task.FromException<LaneAnswer>(failure);
        }
    }

    /// <summary>Returns when all calls have ended, however.</summary>
    private static ConfiguredTaskAwaitable Settled(Task[] calls) =>
        Task.WhenAll(calls).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    /// <summary>True when the customer said Ok of all up to a number; what it said of merges is noted.</summary>
    private bool IsDone(Lane lane, Task<LaneAnswer> call, long upTo)
    {
        if (!call.IsCompletedSuccessfully || call.Result.Kind != LaneAnswerKind.Ok) return false;
        NoteMerges(lane, call.Result.Merging, upTo);
        return true;
    }

    private long SentAboveCheckpoint(Lane lane) => lane.Sent > _checkpoint ? lane.Sent : 0;

    /// <summary>
    /// Returns when the lane's customer has the events, or they wait for the side queue. <paramref name="after"/> is the last
    /// number sent on the lane since the checkpoint: a customer that has less is first given the rest from the log.
    /// </summary>
    private async Task Send(Lane lane, LaneEvent[] events, long after)
    {
        var trouble = new Trouble(this);
        var upTo = events.Length > 0 ? events[^1].Seq : after;
        while (true)
        {
            if (lane.Parked)
            {
                SetAside(lane, events);
                return;
            }

            try
            {
                var answer = await lane.Customer(_services.Grains).Apply(lane.Id, events, after);
                if (answer.Kind == LaneAnswerKind.Ok)
                {
                    NoteMerges(lane, answer.Merging, upTo);
                    return;
                }

                if (answer.Kind == LaneAnswerKind.Behind)
                {
                    var missing = await _healer.Read(lane.Id, Math.Max(answer.Seq, _checkpoint), after);
                    _services.Metrics.Healed(missing.Length);
                    events = [.. missing, .. events.Where(e => missing.Length == 0 || e.Seq > missing[^1].Seq)];
                    after = answer.Seq;
                    continue;
                }

                await Reroute(lane, answer, trouble);
            }
            catch (Exception failure) when (!IsStopped)
            {
                await trouble.Meet(lane, failure);
            }
        }
    }

    private static Task Reroute(Lane lane, LaneAnswer answer, Trouble trouble)
    {
        if (answer.Kind == LaneAnswerKind.Moved) lane.RouteTo(answer.To);
        if (answer.Kind == LaneAnswerKind.NotMine) lane.RouteTo(null);

        // The first hop is the usual one; later ones mean that a merge is under way.
        return trouble.Hops++ == 0 && answer.Kind != LaneAnswerKind.Ending ? Task.CompletedTask : trouble.Meet(lane, null);
    }

    /// <summary>What one lane's calls have met: pauses grow, and in the end the lane is parked.</summary>
    private sealed class Trouble(PartitionGrain partition)
    {
        private DateTimeOffset? _since;
        private TimeSpan _pause = partition.Options.RetryPause;

        public int Hops { get; set; }

        public async Task Meet(Lane lane, Exception? failure)
        {
            var now = partition._services.Clock.GetUtcNow();
            _since ??= now;
            if (failure is not null && now - _since > partition.Options.ParkAfter && await partition.Park(lane, failure)) return;
            await Task.Delay(_pause, partition._services.Clock, partition._stop.Token);
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Partition {Partition}: delivery paused after {Failure} ({Message}); it goes on with the next hint or look at the head.")]
    private static partial void LogPump(ILogger logger, int partition, string failure, string message);
}
