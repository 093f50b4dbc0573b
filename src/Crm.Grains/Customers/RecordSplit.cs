using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>
/// A customer that is taken apart: two fresh records, folded from the events of their own lanes alone. Pure, but for the events that
/// it is handed. What it is told of the ledger decides whose a lane is: who was merged because of an event of a lane goes with it.
/// </summary>
internal sealed class RecordSplit
{
    private readonly CustomerRecord _whole;
    private readonly HashSet<string> _leaving;
    private readonly Dictionary<string, MergeEntry> _ledger;
    private readonly Dictionary<string, long> _folded = new(StringComparer.Ordinal);
    private readonly List<(ulong Hash, long ReceivedAtMs, bool Leaves)> _messages = [];

    private RecordSplit(CustomerRecord whole, string source, Dictionary<string, MergeEntry> ledger, HashSet<string> leaving)
    {
        (_whole, _ledger, _leaving) = (whole, ledger, leaving);
        Root = CustomerRecord.Fresh(whole.Id);
        Source = CustomerRecord.Fresh(source);
    }

    /// <summary>Who stays.</summary>
    public CustomerRecord Root { get; }

    /// <summary>Who leaves.</summary>
    public CustomerRecord Source { get; }

    /// <summary>Numbers up to which each lane was folded.</summary>
    public IReadOnlyDictionary<string, long> Folded => _folded;

    /// <summary>Events folded so far, in both.</summary>
    public long Events => Root.Profile.Events + Source.Profile.Events;

    /// <summary>Those of the leaving who were merged into one that stays, and lead to the source from now on.</summary>
    public IEnumerable<string> Moved => _leaving.Where(id => id != Source.Id && !_leaving.Contains(_ledger[id].Into));

    /// <summary>Begins one; null when the ledger does not lead from the source to the customer, or not all of it was carried out.</summary>
    public static RecordSplit? Of(CustomerRecord whole, string source, IReadOnlyList<MergeEntry> into)
    {
        var ledger = into.ToDictionary(e => e.Source, StringComparer.Ordinal);
        if (!ledger.ContainsKey(source) || ledger.Keys.Any(id => !whole.Lanes.Holds(id))) return null;
        if (whole.Lanes.Ids.Any(id => id != whole.Id && !ledger.ContainsKey(id))) return null;
        var leaving = whole.Lanes.Ids.Where(id => LeadsTo(id, source, ledger)).ToHashSet(StringComparer.Ordinal);
        return new RecordSplit(whole, source, ledger, leaving);
    }

    /// <summary>Folds an event that counted.</summary>
    public void Take(BehaviourEvent happened)
    {
        var leaves = _leaving.Contains(happened.Lane);
        (leaves ? Source : Root).Profile.Fold(happened);
        _messages.Add((MessageRing.Hash(happened.MessageId), happened.ReceivedAtMs, leaves));
    }

    /// <summary>All events of the spans were taken.</summary>
    public void Reached(IReadOnlyList<LaneSpan> spans)
    {
        foreach (var span in spans) _folded[span.Lane] = span.UpTo;
    }

    /// <summary>Ends the fold: lanes, messages, merges, and a version above all that was shown of either.</summary>
    public void Finish()
    {
        foreach (var lane in _whole.Lanes.Ids) Of(lane).Lanes.Advance(lane, _whole.Lanes.Seq(lane));
        foreach (var (hash, receivedAtMs, leaves) in _messages.OrderBy(m => m.ReceivedAtMs)) (leaves ? Source : Root).Ring.Add(hash, receivedAtMs);
        foreach (var merge in _whole.Merges.Where(m => m.Source != Source.Id))
        {
            var entry = _ledger.GetValueOrDefault(merge.Source);
            Of(merge.Source).Merged(entry is not null && Moved.Contains(merge.Source) ? merge with { Into = Source.Id } : merge);
        }

        Root.BelongsAs(_whole);
        foreach (var record in (CustomerRecord[])[Root, Source])
        {
            record.RefuseAs(_whole);
            record.Profile.RaiseVersion(_whole.Profile.Version);
            record.Profile.HasNewNames = false;
        }
    }

    private CustomerRecord Of(string lane) => _leaving.Contains(lane) ? Source : Root;

    private static bool LeadsTo(string id, string source, Dictionary<string, MergeEntry> ledger)
    {
        for (var hops = 0; hops <= ledger.Count; hops++)
        {
            if (id == source) return true;
            if (!ledger.TryGetValue(id, out var entry)) return false;
            id = entry.AskedBy ?? entry.Into;
        }

        return false;
    }
}
