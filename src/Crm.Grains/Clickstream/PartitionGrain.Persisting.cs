using Crm.Customers;

namespace Crm.Clickstream;

/// <summary>Persisting behind: first every touched customer's row, then the checkpoint; and the history, which follows the checkpoint.</summary>
internal sealed partial class PartitionGrain
{
    private Task? _persisting;
    private DateTimeOffset _nextPass;

    private async Task PersistWhenItIsTime()
    {
        var now = _services.Clock.GetUtcNow();
        if (_persisting is not null || _applied <= _checkpoint) return;
        if (now < _nextPass && _applied - _checkpoint < Options.MaxUnpersistedEvents / 2) return;
        try
        {
            await (_persisting = PersistPass());
        }
        finally
        {
            _persisting = null;
            var took = _services.Clock.GetUtcNow() - now;
            var wait = took * Options.PersistDutyFactor;
            if (wait < Options.PersistEvery) wait = Options.PersistEvery;
            _nextPass = now + took + (wait > Options.MaxPersistEvery ? Options.MaxPersistEvery : wait);
        }

        StartPump();
    }

    /// <summary>One pass: when it ends, the checkpoint stands where delivery stood when it began.</summary>
    internal async Task PersistPass()
    {
        var upTo = _applied;
        var lanes = _lanes.All.Where(l => !l.Parked && l.Sent > _checkpoint).Select(l => (Lane: l, l.Sent)).ToArray();
        await Task.WhenAll(lanes.Select(l => PersistLane(l.Lane, l.Sent)));
        var parked = _aside.Where(p => p.Event.Seq <= upTo).ToArray();
        if (_merging.Count > Options.MaxMergingLanes) return;
        await _services.Store.Advance(_partition, upTo, parked, MergesThatWait(), _stop.Token);
        _aside.RemoveAll(p => p.Event.Seq <= upTo);

        // The stored one may be higher, by another owner: but what that one side-queued, this one's customers may have only in memory.
        _checkpoint = Math.Max(_checkpoint, upTo);
        _lanes.Forget(_checkpoint);
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
