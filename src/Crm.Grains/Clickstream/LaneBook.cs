using System.Text;

namespace Crm.Clickstream;

/// <summary>The lanes a partition knows: those sent since the checkpoint, and routes worth remembering.</summary>
internal sealed class LaneBook
{
    /// <summary>
    /// Lanes that are remembered though they have nothing above the checkpoint: each spares making it anew, and that of a merged
    /// id a call; none is needed. About 150 bytes a lane.
    /// </summary>
    private const int MaxIdle = 40_000;

    /// <summary>Lane ids are at most 258 characters; more in UTF-8 goes the slow way.</summary>
    private const int MaxStackBytes = 512;

    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Lane>.AlternateLookup<ReadOnlySpan<char>> _byChars;

    public LaneBook() => _byChars = _lanes.GetAlternateLookup<ReadOnlySpan<char>>();

    public IEnumerable<Lane> All => _lanes.Values;

    public int ParkedCount { get; private set; }

    public Lane? Find(string id) => _lanes.GetValueOrDefault(id);

    public Lane Get(string id) => _lanes.TryGetValue(id, out var lane) ? lane : _lanes[id] = new Lane(id);

    /// <summary>The lane of a packed event, without making a string for one that is known.</summary>
    public Lane Of(LaneEvent logged)
    {
        var utf8 = PackedEvent.Lane(logged.Packed.Span);
        if (utf8.Length > MaxStackBytes) return Get(Encoding.UTF8.GetString(utf8));
        Span<char> chars = stackalloc char[MaxStackBytes];
        chars = chars[..Encoding.UTF8.GetChars(utf8, chars)];
        return _byChars.TryGetValue(chars, out var lane) ? lane : Get(new string(chars));
    }

    public void Park(Lane lane, bool parked)
    {
        if (lane.Parked == parked) return;
        lane.Parked = parked;
        ParkedCount += parked ? 1 : -1;
    }

    /// <summary>Forgets lanes that have nothing above the checkpoint, and no merge that waits, when there are too many.</summary>
    public void Forget(long checkpoint)
    {
        if (_lanes.Count <= MaxIdle) return;
        var routes = 0;
        foreach (var (id, lane) in _lanes)
        {
            if (lane.Sent > checkpoint || lane.InFlight > 0 || lane.Parked || lane.Sending.Length > 0 || lane.Merging is not null) continue;
            if (lane.Route is not null && routes++ < MaxIdle / 2) continue;
            _lanes.Remove(id);
        }
    }
}
