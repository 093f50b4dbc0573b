using Crm.Clickstream;
using Crm.Privacy;

namespace Crm.Customers;

/// <summary>Lanes whose person was erased: what they carry of the time before does not count, nothing of those suppressed does.</summary>
internal sealed class ErasedLanes
{
    private readonly List<(string Lane, long AtMs, bool Suppressed)> _lanes = [];

    public ErasedLanes(string lane, Tombstone erased) => Add(lane, erased.ErasedAtMs, erased.Suppressed);

    private ErasedLanes()
    {
    }

    public bool Refuses(string lane, BehaviourEvent happened)
    {
        foreach (var erased in _lanes)
        {
            if (erased.Lane == lane)
                return erased.Suppressed || Math.Min(happened.ReceivedAtMs, happened.TimestampMs) <= erased.AtMs;
        }

        return false;
    }

    public void Absorb(ErasedLanes other)
    {
        foreach (var (lane, at, suppressed) in other._lanes) Add(lane, at, suppressed);
    }

    /// <summary>Those among the lanes of one; null when there are none.</summary>
    public ErasedLanes? Of(LaneTable lanes)
    {
        var held = new ErasedLanes();
        held._lanes.AddRange(_lanes.Where(l => lanes.Holds(l.Lane)));
        return held._lanes.Count > 0 ? held : null;
    }

    public void Write(PackWriter output)
    {
        output.Count(_lanes.Count);
        foreach (var (lane, at, suppressed) in _lanes)
        {
            output.Text(lane);
            output.Number(at);
            output.Byte(suppressed ? (byte)1 : (byte)0);
        }
    }

    public static ErasedLanes Read(ref PackReader input)
    {
        var lanes = new ErasedLanes();
        for (var left = input.Count(); left > 0; left--) lanes.Add(input.RequiredText(), input.Number(), input.Byte() == 1);
        return lanes;
    }

    // A lane is absorbed once; bounded as those are.
    private void Add(string lane, long atMs, bool suppressed)
    {
        _lanes.RemoveAll(l => l.Lane == lane);
        _lanes.Add((lane, atMs, suppressed));
    }
}
