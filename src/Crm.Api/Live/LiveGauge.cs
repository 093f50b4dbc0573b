using Crm.Clickstream;

namespace Crm.Live;

/// <summary>Makes one frame of what the partitions tell, and the rate from what they told before.</summary>
internal sealed class LiveGauge
{
    private const int NewestShown = 20;
    private const int ActiveShown = 12;

    private readonly Dictionary<int, long> _before = [];

    /// <param name="pulses">One per partition; null where the owner did not answer.</param>
    /// <param name="elapsed">Since the call before; zero for the first.</param>
    public LiveFrame Frame(IReadOnlyList<PartitionPulse?> pulses, TimeSpan elapsed)
    {
        var known = pulses.OfType<PartitionPulse>().ToArray();
        return new LiveFrame(
            pulses.Count,
            known.Length,
            Rate(known, elapsed),
            known.Sum(p => p.Events),
            known.Sum(p => p.Progress.Head),
            known.Length == 0 ? 0 : known.Max(p => p.Progress.LagMs),
            known.Length == 0 ? 0 : known.Max(p => p.Progress.HistoryLagMs),
            [.. known.SelectMany(p => p.Newest).OrderByDescending(e => e.ReceivedAtMs).Take(NewestShown)
                .Select(e => new LiveEvent(e.Customer, e.Type.ToString().ToLowerInvariant(), e.Name, e.ReceivedAtMs))],
            [.. known.SelectMany(p => p.Active).GroupBy(c => c.Customer).Select(g => new LiveCustomer(g.Key, g.Sum(c => c.Events)))
                .OrderByDescending(c => c.Events).ThenBy(c => c.Id, StringComparer.Ordinal).Take(ActiveShown)]);
    }

    /// <summary>An owner that is new counts from zero again: it shows from its second frame on.</summary>
    private double? Rate(PartitionPulse[] known, TimeSpan elapsed)
    {
        long events = 0;
        foreach (var pulse in known)
        {
            var partition = pulse.Progress.Partition;
            if (_before.TryGetValue(partition, out var before) && pulse.Events >= before) events += pulse.Events - before;
            _before[partition] = pulse.Events;
        }

        return elapsed > TimeSpan.Zero ? Math.Round(events / elapsed.TotalSeconds, 1) : null;
    }
}
