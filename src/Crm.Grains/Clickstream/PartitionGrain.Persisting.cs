using Crm.Customers;

namespace Crm.Clickstream;

/// <summary>Persisting behind: first every touched customer's row, then the checkpoint; and the history, which follows the checkpoint.</summary>
internal sealed partial class PartitionGrain
{
    /// <summary>Steps of a pass of usual length, each some milliseconds.</summary>
    private const int PersistSteps = 60;

    private Task? _persisting;
    private DateTimeOffset _lastPass;

    private async Task PersistWhenItIsTime()
    {
        var now = _services.Clock.GetUtcNow();
        var waiting = _applied - _checkpoint;
        if (_persisting is not null || waiting <= 0) return;
        var wait = Options.PersistEvery + Options.PersistEveryPerEvent * waiting;
        if (wait > Options.MaxPersistEvery) wait = Options.MaxPersistEvery;
        if (now - _lastPass < wait && waiting < Options.MaxUnpersistedEvents / 2) return;
        _lastPass = now;
        try
        {
            await (_persisting = PersistPass());
        }
        finally
        {
            _persisting = null;
        }

        StartPump();
    }

    /// <summary>One pass: when it ends, the checkpoint stands where delivery stood when it began.</summary>
    internal async Task PersistPass()
    {
        var upTo = _applied;
        var lanes = _lanes.All.Where(l => !l.Parked && l.Sent > _checkpoint).Select(l => (Lane: l, l.Sent)).ToArray();
        await Persist(lanes);
        var parked = _aside.Where(p => p.Event.Seq <= upTo).ToArray();
        if (_merging.Count > Options.MaxMergingLanes) return;
        await _services.Store.Advance(_partition, upTo, parked, MergesThatWait(), _stop.Token);
        _aside.RemoveAll(p => p.Event.Seq <= upTo);

        // The stored one may be higher, by another owner: but what that one side-queued, this one's customers may have only in memory.
        _checkpoint = Math.Max(_checkpoint, upTo);
        _lanes.Forget(_checkpoint);
    }

    /// <summary>
    /// Asks so many at a time as fill a few of the storage's batches: what waits is held in memory, call by call. Those who
    /// cannot answer Ok at once are gone after when all were asked, so that one ill customer does not hold the others up.
    /// </summary>
    private async Task Persist((Lane Lane, long Sent)[] lanes)
    {
        List<(Lane Lane, long Sent)> repeated = [];
        foreach (var some in lanes.Chunk(Math.Clamp(lanes.Length / PersistSteps, Options.MinPersistAtOnce, Options.MaxPersistAtOnce)))
        {
            var calls = Array.ConvertAll(some, l => l.Lane.Parked ? s_parked : AskToPersist(l.Lane, l.Sent));
            await Settled(calls);
            repeated.AddRange(some.Where((l, i) => !IsDone(l.Lane, calls[i], l.Sent)));
        }

        await Task.WhenAll(repeated.Select(l => PersistLane(l.Lane, l.Sent)));
    }

    private Task<LaneAnswer> AskToPersist(Lane lane, long sent)
    {
        try
        {
            return lane.Customer(_services.Grains).Persist(lane.Id, sent);
        }
        catch (Exception failure)
        {
            return Task.FromException<LaneAnswer>(failure);
        }
    }

    /// <summary>Returns when a stored row has all that was sent, or the lane is parked.</summary>
    private async Task PersistLane(Lane lane, long sent)
    {
        var trouble = new Trouble(this);
        while (!lane.Parked)
        {
            try
            {
                var answer = await lane.Customer(_services.Grains).Persist(lane.Id, sent);
                if (answer.Kind == LaneAnswerKind.Ok)
                {
                    NoteMerges(lane, answer.Merging, sent);
                    return;
                }

                if (answer.Kind == LaneAnswerKind.Behind) await Send(lane, [], sent);
                else await Reroute(lane, answer, trouble);
            }
            catch (Exception failure) when (!IsStopped)
            {
                await trouble.Meet(lane, failure);
            }
        }
    }

    private async Task ProjectHistory()
    {
        while (!IsStopped && _history < _checkpoint)
        {
            using var turn = await _services.HistoryGate.Enter(_stop.Token);
            var reached = await _services.Store.ProjectHistory(_partition, Options.HistoryEvents, _stop.Token);
            if (reached <= _history) return;
            _services.Metrics.HistoryWritten(reached - _history);
            _history = reached;
        }
    }
}
