using Crm.Records;
using Crm.Segments;

namespace Crm.Delivery;

/// <summary>Definitions of segments.</summary>
internal sealed partial class FaultyStorage : ISegmentStore
{
    public Task<long> Number(CancellationToken stop = default) => world.Read("plan number", () => _inner.Segments.Number(CancellationToken.None), stop);

    public Task<LiveSegmentSet> Live(CancellationToken stop = default) => world.Read("live segments", () => _inner.Segments.Live(CancellationToken.None), stop);

    public Task<SegmentAnswer> Save(Segment segment, Func<LiveSegmentSet, SegmentPlanCheck> check, ChangeCause cause, CancellationToken stop = default) =>
        world.Write($"save {segment.Id}", () => _inner.Segments.Save(segment, check, cause, CancellationToken.None), stop);

    public Task<SegmentFill> Fill(CancellationToken stop = default) => world.Read("fill", () => _inner.Segments.Fill(CancellationToken.None), stop);

    public Task<bool> Advance(SegmentFill from, SegmentFill to, CancellationToken stop = default) =>
        world.Write($"fill {to.Plan} up to {to.After}", () => _inner.Segments.Advance(from, to, CancellationToken.None), stop);

    public Task Pause(bool paused, CancellationToken stop = default) => _inner.Segments.Pause(paused, stop);

    public Task<IReadOnlyList<string>> Customers(string after, int max, CancellationToken stop = default) =>
        world.Read($"customers after {after}", () => _inner.Segments.Customers(after, max, CancellationToken.None), stop);

    public Task<long> CustomerCount(CancellationToken stop = default) => _inner.Segments.CustomerCount(stop);

    public Task<IReadOnlyList<string>> Sample(int max, CancellationToken stop = default) => _inner.Segments.Sample(max, stop);

    public Task<Written> Written(string id, WrittenParts parts, CancellationToken stop = default) =>
        world.Read($"card {id}", () => _inner.Segments.Written(id, parts, CancellationToken.None), stop);

    public Task<RfmState> Rfm(CancellationToken stop = default) => _inner.Segments.Rfm(stop);

    public Task<BuyerSample> Buyers(int max, CancellationToken stop = default) => _inner.Segments.Buyers(max, stop);

    public Task<bool> SaveRfm(RfmState from, RfmState to, bool asNewPlan, CancellationToken stop = default) => _inner.Segments.SaveRfm(from, to, asNewPlan, stop);

    public Task<bool> HasBegun(CancellationToken stop = default) => _inner.Segments.HasBegun(stop);

    public Task SetBegun(CancellationToken stop = default) => _inner.Segments.SetBegun(stop);

    public Task<IReadOnlyList<CardDue>> CardsDue(int max, CancellationToken stop = default) =>
        world.Read("cards due", () => _inner.Segments.CardsDue(max, CancellationToken.None), stop);

    public Task CardsDone(IReadOnlyCollection<CardDue> done, CancellationToken stop = default) => world.Write(
        $"cards done {string.Join(' ', done)}",
        async () =>
        {
            await _inner.Segments.CardsDone(done, CancellationToken.None);
            return true;
        },
        stop);
}
