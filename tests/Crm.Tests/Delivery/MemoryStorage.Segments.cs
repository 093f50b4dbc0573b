using Crm.Customers;
using Crm.Records;
using Crm.Segments;

namespace Crm.Delivery;

/// <summary>Definitions of segments, who is in them, and who came and went.</summary>
internal sealed partial class MemoryStorage : ISegmentStore
{
    private readonly List<StoredMove> _moves = [];
    private readonly HashSet<(string Customer, string Segment)> _members = [];
    private readonly Dictionary<string, string> _cards = [];
    private readonly SortedDictionary<string, long> _cardsDue = new(StringComparer.Ordinal);
    private LiveSegmentSet _live = new(0, [], new Dictionary<ulong, long>());
    private SegmentFill _fill = new(0, "", 0, true, false);
    private WrittenParts _reads;

    public ISegmentStore Segments => this;

    public Task<long> Number(CancellationToken stop = default) => Task.FromResult(_live.Number);

    public Task<LiveSegmentSet> Live(CancellationToken stop = default) => Task.FromResult(_live);

    public Task<SegmentAnswer> Save(Segment segment, Func<LiveSegmentSet, SegmentPlanCheck> check, ChangeCause cause, CancellationToken stop = default)
    {
        var before = _live.Segments.FirstOrDefault(s => s.Id == segment.Id);
        if (segment.RecordVersion > 0 && before is null) return Task.FromResult(new SegmentAnswer(SegmentOutcome.Missing, null));
        if (before is not null && before.RecordVersion != segment.RecordVersion) return Task.FromResult(new SegmentAnswer(SegmentOutcome.Stale, before));
        var after = segment with { Version = (before?.Version ?? 0) + (before?.Definition == segment.Definition ? 0 : 1), RecordVersion = segment.RecordVersion + 1 };
        var then = (before is null ? _live.Segments.Append(after) : _live.Segments.Select(s => s.Id == after.Id ? after : s)).Where(s => s.DeletedAt is null);
        var live = _live with { Number = _live.Number + 1, Segments = [.. then] };
        var plan = check(live);
        if (plan.Problem is not null) return Task.FromResult(plan.Problem);
        _live = live with
        {
            WrittenSince = plan.Reads == _reads ? live.WrittenSince : live.Number,
            Born = plan.Keys.ToDictionary(key => key, key => _live.Born.GetValueOrDefault(key, live.Number)),
        };
        _reads = plan.Reads;
        return Task.FromResult(new SegmentAnswer(SegmentOutcome.Done, after));
    }

    public Task<SegmentFill> Fill(CancellationToken stop = default) => Task.FromResult(_fill);

    public Task<bool> Advance(SegmentFill from, SegmentFill to, CancellationToken stop = default)
    {
        if (_fill.Plan != from.Plan || _fill.After != from.After || _fill.Paused) return Task.FromResult(false);
        _fill = to with { Paused = false };
        return Task.FromResult(true);
    }

    public Task Pause(bool paused, CancellationToken stop = default)
    {
        _fill = _fill with { Paused = paused };
        return Task.CompletedTask;
    }

    Task<IReadOnlyList<string>> ISegmentStore.Customers(string after, int max, CancellationToken stop) => Task.FromResult<IReadOnlyList<string>>(
        [.. Rows().Where(r => r.MovedTo is null).Select(r => r.Id).Order(StringComparer.Ordinal).Where(id => string.CompareOrdinal(id, after) > 0).Take(max)]);

    public Task<long> CustomerCount(CancellationToken stop = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> Sample(int max, CancellationToken stop = default) => throw new NotSupportedException();

    public Task<Written> Written(string id, WrittenParts parts, CancellationToken stop = default) => Task.FromResult(new Written(_cards.GetValueOrDefault(id), null, null));

    public Task<RfmState> Rfm(CancellationToken stop = default) => throw new NotSupportedException();

    public Task<BuyerSample> Buyers(int max, CancellationToken stop = default) => throw new NotSupportedException();

    public Task<bool> SaveRfm(RfmState from, RfmState to, bool asNewPlan, CancellationToken stop = default) => throw new NotSupportedException();

    public Task<bool> HasBegun(CancellationToken stop = default) => throw new NotSupportedException();

    public Task SetBegun(CancellationToken stop = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<CardDue>> CardsDue(int max, CancellationToken stop = default) =>
        Task.FromResult<IReadOnlyList<CardDue>>([.. _cardsDue.Take(max).Select(d => new CardDue(d.Key, d.Value))]);

    public Task CardsDone(IReadOnlyCollection<CardDue> done, CancellationToken stop = default)
    {
        foreach (var one in done.Where(d => _cardsDue.GetValueOrDefault(d.Customer) == d.Turn)) _cardsDue.Remove(one.Customer);
        return Task.CompletedTask;
    }

    public void WriteCard(string customer, string card)
    {
        _cards[customer] = card;
        if (_reads != WrittenParts.None) _cardsDue[customer] = _cardsDue.GetValueOrDefault(customer) + 1;
    }

    public IReadOnlyList<StoredMove> Moves() => _moves;

    public IReadOnlySet<(string Customer, string Segment)> Members() => _members;

    public IReadOnlyDictionary<string, long> MemberCounts() => _members.GroupBy(m => m.Segment).ToDictionary(g => g.Key, g => g.LongCount());

    private void Tell(CustomerWrite write)
    {
        foreach (var change in write.SegmentChanges)
        {
            _moves.Add(new StoredMove(write.Id, change.Segment, change.Entered));
            if (change.Entered) _members.Add((write.Id, change.Segment));
            else _members.Remove((write.Id, change.Segment));
        }
    }
}
