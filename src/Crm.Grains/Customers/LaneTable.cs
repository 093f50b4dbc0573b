using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>
/// How far a customer has each lane: the last number folded, and the last number in a stored row. A customer holds its own lane
/// from birth, and those of all who were merged into it.
/// </summary>
internal sealed class LaneTable
{
    private Lane[] _lanes = new Lane[1];

    private struct Lane(string id)
    {
        public readonly string Id = id;
        public long Seq;
        public long Stored;
        public long Writing;
    }

    public LaneTable(string own) => Add(own);

    public int Count { get; private set; }

    public IReadOnlyList<string> Ids => Array.ConvertAll(_lanes[..Count], l => l.Id);

    /// <summary>The lanes stay in the order in which they came.</summary>
    public string Id(int at) => _lanes[at].Id;

    public bool Any(Predicate<string> lane) => Array.FindIndex(_lanes, 0, Count, l => lane(l.Id)) >= 0;

    /// <summary>True when a stored row has all that was folded.</summary>
    public bool AreStored => Array.FindIndex(_lanes, 0, Count, static l => l.Stored < l.Seq) < 0;

    public bool Holds(string lane) => Find(lane) >= 0;

    public long Seq(string lane) => Find(lane) is >= 0 and var at ? _lanes[at].Seq : 0;

    public long Stored(string lane) => Find(lane) is >= 0 and var at ? _lanes[at].Stored : 0;

    public void Advance(string lane, long seq)
    {
        var at = Find(lane);
        if (at < 0) at = Add(lane);
        _lanes[at].Seq = Math.Max(_lanes[at].Seq, seq);
    }

    /// <summary>Has all up to a number behind it, durably.</summary>
    public void Begin(string lane, long seq)
    {
        Advance(lane, seq);
        ref var begun = ref _lanes[Find(lane)];
        begun.Stored = Math.Max(begun.Stored, seq);
    }

    /// <summary>Called with the snapshot that a write carries.</summary>
    public void WriteBegins()
    {
        foreach (ref var lane in _lanes.AsSpan(0, Count)) lane.Writing = lane.Seq;
    }

    /// <summary>Called when that write is known to be stored.</summary>
    public void WriteIsStored()
    {
        foreach (ref var lane in _lanes.AsSpan(0, Count)) lane.Stored = Math.Max(lane.Stored, lane.Writing);
    }

    /// <summary>The stretch of each lane that a stored row holds and a fold up to the given numbers does not, by its partition.</summary>
    public IReadOnlyList<LaneSpan> SpansSince(IReadOnlyDictionary<string, long> folded, int partitions) =>
    [
        .. Ids.Select(id => new LaneSpan(id, Partitioning.Of(id, partitions), folded.GetValueOrDefault(id), Stored(id)))
            .Where(span => span.UpTo > span.After),
    ];

    /// <summary>Everything that was applied, stored or not.</summary>
    public IReadOnlyList<LaneSpan> Spans(int partitions) =>
        [.. Ids.Select(id => new LaneSpan(id, Partitioning.Of(id, partitions), 0, Seq(id))).Where(span => span.UpTo > 0)];

    public void Absorb(LaneTable other)
    {
        foreach (ref readonly var lane in other._lanes.AsSpan(0, other.Count)) Advance(lane.Id, lane.Seq);
    }

    public void Write(PackWriter output)
    {
        output.Count(Count);
        foreach (ref readonly var lane in _lanes.AsSpan(0, Count))
        {
            output.Text(lane.Id);
            output.Number(lane.Seq);
        }
    }

    public static LaneTable Read(string own, ref PackReader input)
    {
        var table = new LaneTable(own);
        var count = input.Count();
        for (var i = 0; i < count; i++)
        {
            var id = input.RequiredText();
            table.Advance(id, input.Number());
        }

        foreach (ref var lane in table._lanes.AsSpan(0, table.Count)) lane.Stored = lane.Seq;
        return table;
    }

    private int Add(string lane)
    {
        if (Count == _lanes.Length) Array.Resize(ref _lanes, Count * 2);
        _lanes[Count] = new Lane(lane);
        return Count++;
    }

    private int Find(string lane)
    {
        for (var at = 0; at < Count; at++)
            if (_lanes[at].Id == lane) return at;
        return -1;
    }
}
