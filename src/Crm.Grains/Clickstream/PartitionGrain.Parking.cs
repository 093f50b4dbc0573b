using Crm.Customers;
using Microsoft.Extensions.Logging;

namespace Crm.Clickstream;

/// <summary>Parking: a customer that cannot take its events holds nobody else up; they wait in a durable side queue, in order.</summary>
internal sealed partial class PartitionGrain
{
    /// <summary>Side-queued events sent at a time.</summary>
    private const int ParkedBatch = 500;

    private readonly List<ParkedEvent> _aside = [];

    /// <summary>
    /// Parks a lane: what is not durable of it goes to the side queue with the next checkpoint. False while the fault is not the
    /// customer's (the database does not answer), or too many are parked already.
    /// </summary>
    private async Task<bool> Park(Lane lane, Exception failure)
    {
        if (lane.Parked) return true;
        if (_lanes.ParkedCount >= Options.MaxParkedLanes) return false;

        // After an outage every customer has failed for long: give them the same time again before one is called ill.
        if (_databaseAnswersSince is not { } since || _services.Clock.GetUtcNow() - since < Options.ParkAfter) return false;
        LaneEvent[] pending;
        try
        {
            pending = await NotDurable(lane);
        }
        catch (Exception) when (!IsStopped)
        {
            return false;
        }

        if (lane.Parked) return true;
        _lanes.Park(lane, true);
        _services.Metrics.Parked(1);
        SetAside(lane, pending);
        LogParked(_services.Logger, _partition, failure.GetType().Name, failure.Message);
        return true;
    }

    /// <summary>
    /// All that was sent above the checkpoint, and what is being sent: its customer may have answered, but the lane is not
    /// persisted any more once it is parked. Rounds go on while the log is read, so the end is looked at again.
    /// </summary>
    private async Task<LaneEvent[]> NotDurable(Lane lane)
    {
        var checkpoint = _checkpoint;
        while (true)
        {
            var upTo = Math.Max(lane.Sent, lane.InFlight);
            var events = await _healer.Read(lane.Id, checkpoint, upTo);
            if (Math.Max(lane.Sent, lane.InFlight) == upTo) return events;
        }
    }

    // What the checkpoint has passed is in a row or in the queue already: a call that began before comes late with it. Here it would
    // wait for a checkpoint that may never be due.
    private void SetAside(Lane lane, LaneEvent[] events)
    {
        foreach (var logged in events)
        {
            if (logged.Seq <= _checkpoint) continue;
            lane.SetAside++;
            _aside.Add(new ParkedEvent(lane.Id, logged));
        }
    }

    /// <summary>Tries the side queue again: that of lanes parked here, and what another owner left in it.</summary>
    private async Task RetryParked()
    {
        var stored = (await _services.Store.Load(_partition, _stop.Token)).ParkedLanes;
        foreach (var lane in stored.Select(_lanes.Get).Union(_lanes.All.Where(l => l.Parked)).ToArray())
        {
            try
            {
                await Unpark(lane);
            }
            catch (Exception failure) when (!IsStopped)
            {
                LogStillParked(_services.Logger, _partition, failure.GetType().Name);
            }
        }
    }

    /// <summary>Sends the side queue in order; when it is empty and stored, a parked lane is delivered from the log again.</summary>
    private async Task Unpark(Lane lane)
    {
        while (!IsStopped)
        {
            // What is set aside comes into the queue with a checkpoint: an empty queue is the end only when nothing was on its way.
            var isOnItsWay = _aside.Exists(p => p.Lane == lane.Id);
            var setAside = lane.SetAside;
            var events = await _services.Store.ReadParked(_partition, lane.Id, ParkedBatch, _stop.Token);
            if (events.Count > 0)
            {
                if (!await TakesParked(lane, [.. events])) return;

                // They lie below the checkpoint: a later owner knows of their merges only what is stored.
                if (lane.Merging is not null) await _services.Store.Advance(_partition, _checkpoint, [], MergesThatWait(), _stop.Token);
                await _services.Store.Unpark(_partition, lane.Id, events[^1].Seq, _stop.Token);
                continue;
            }

            if (!lane.Parked || isOnItsWay || lane.SetAside != setAside || lane.InFlight > 0) return;
            _lanes.Park(lane, false);
            _services.Metrics.Parked(-1);
            lane.Sent = 0;
            LogUnparked(_services.Logger, _partition);
            return;
        }
    }

    private async Task<bool> TakesParked(Lane lane, LaneEvent[] events)
    {
        for (var hops = 0; hops < 3; hops++)
        {
            var answer = await lane.Customer(_services.Grains).Apply(lane.Id, events, 0);
            if (answer.Kind == LaneAnswerKind.Ok) answer = await lane.Customer(_services.Grains).Persist(lane.Id, events[^1].Seq);
            if (answer.Kind == LaneAnswerKind.Ok)
            {
                NoteMerges(lane, answer.Merging, events[^1].Seq);
                return true;
            }

            if (answer.Kind is not (LaneAnswerKind.Moved or LaneAnswerKind.NotMine)) return false;
            lane.RouteTo(answer.To);
        }

        return false;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Partition {Partition}: a customer is parked after {Failure} ({Message}); its events wait in the side queue.")]
    private static partial void LogParked(ILogger logger, int partition, string failure, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Partition {Partition}: a parked customer still fails with {Failure}.")]
    private static partial void LogStillParked(ILogger logger, int partition, string failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Partition {Partition}: a parked customer has taken its events and goes on.")]
    private static partial void LogUnparked(ILogger logger, int partition);
}
