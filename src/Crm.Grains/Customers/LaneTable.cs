namespace Crm.Customers;

/// <summary>
/// How far a customer has each lane: the last number folded, and the last number in a stored row. A customer holds its own lane
/// from birth, and those of all who were merged into it.
/// </summary>
internal sealed class LaneTable
{
    private readonly List<Lane> _lanes = [];

    private sealed class Lane(string id)
    {
        public string Id { get; } = id;
        public long Seq { get; set; }
        public long Stored { get; set; }
        public long Writing { get; set; }
    }

    public LaneTable(string own) => _lanes.Add(new Lane(own));

    public int Count => _lanes.Count;

    public IReadOnlyList<string> Ids => _lanes.ConvertAll(l => l.Id);

    /// <summary>The lanes stay in the order in which they came.</summary>
    public string Id(int at) => _lanes[at].Id;

    public bool Holds(string lane) => Find(lane) is not null;

    public long Seq(string lane) => Find(lane)?.Seq ?? 0;

    public long Stored(string lane) => Find(lane)?.Stored ?? 0;

    public void Advance(string lane, long seq)
    {
        if (Find(lane) is not { } found) _lanes.Add(found = new Lane(lane));
        found.Seq = Math.Max(found.Seq, seq);
    }

    /// <summary>Called with the snapshot that a write carries.</summary>
    public void WriteBegins()
    {
        foreach (var lane in _lanes) lane.Writing = lane.Seq;
    }

    /// <summary>Called when that write is known to be stored.</summary>
    public void WriteIsStored()
    {
        foreach (var lane in _lanes) lane.Stored = Math.Max(lane.Stored, lane.Writing);
    }

    public void Absorb(LaneTable other)
    {
        foreach (var lane in other._lanes) Advance(lane.Id, lane.Seq);
    }

    public void Write(PackWriter output)
    {
        output.Count(_lanes.Count);
        foreach (var lane in _lanes)
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

        foreach (var lane in table._lanes) lane.Stored = lane.Seq;
        return table;
    }

    private Lane? Find(string lane)
    {
        foreach (var candidate in _lanes)
            if (candidate.Id == lane) return candidate;
        return null;
    }
}
