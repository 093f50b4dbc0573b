using System.Runtime.CompilerServices;
using System.Text;

namespace Crm.Clickstream;

/// <summary>
/// Waiting for one customer's events. A round ends with its slowest customer: one that comes from its row, or waits for a lock.
/// Who reads another does not wait for that one.
/// </summary>
internal sealed partial class PartitionGrain
{
    /// <summary>True when all events up to a number that are a customer's own, or name it, are applied; false when that takes too long.</summary>
    private async Task<bool> AppliesTo(string customer, long minSeq, DateTimeOffset until)
    {
        var id = Encoding.UTF8.GetBytes(customer[2..]);
        while (_applied < minSeq)
        {
            var lane = _underWayUpTo >= minSeq ? _underWay.Find(l => Concerns(l, customer, id) && !IsApplied(l)) : null;
            if (lane is null && _underWayUpTo >= minSeq) return true;
            var left = until - _services.Clock.GetUtcNow();
            if (IsStopped || left <= TimeSpan.Zero) return false;
            await Ends(Next(lane), left);
        }

        return true;
    }

    /// <summary>Waits until the round's events of a lane that lie above a number are applied; false when that takes too long.</summary>
    private async Task<bool> AppliesInFlight(Lane lane, long above, DateTimeOffset until)
    {
        while (lane.InFlight > above && !IsApplied(lane))
        {
            var left = until - _services.Clock.GetUtcNow();
            if (IsStopped || left <= TimeSpan.Zero) return false;
            await Ends(Next(lane), left);
        }

        return true;
    }

    /// <summary>Returns when something has ended, however, or the time is over.</summary>
    private ConfiguredTaskAwaitable Ends(Task what, TimeSpan left) =>
        what.WaitAsync(left, _services.Clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    /// <summary>What may bring on what is waited for: a lane's call, else the end of the round, else the beginning of the next.</summary>
    private Task Next(Lane? lane)
    {
        if (lane?.Call is { IsCompleted: false } call) return call;
        if (lane is not null && _round is { IsCompleted: false } round) return round;
        return (_nextRound ??= new TaskCompletionSource()).Task;
    }

    /// <summary>True when the customer said Ok of the round's events; what it said of merges is noted.</summary>
    private bool IsApplied(Lane lane) => lane.Call is { } call && IsDone(lane, call, lane.InFlight);

    /// <summary>Whether a lane's events are a customer's, or may ask to merge it.</summary>
    /// <param name="id">The customer's id without its kind, in UTF-8.</param>
    private static bool Concerns(Lane lane, string customer, byte[] id)
    {
        // Who was made in the CRM is merged by ids that the events do not show.
        if (lane.Id == customer || lane.Route == customer || customer[0] == 'c') return true;
        foreach (var logged in lane.Sending)
            if (PackedEnvelope.TryRead(logged.Packed.Span, out var happened) && happened.Names(id)) return true;
        return false;
    }
}
