using Crm.Segments;

namespace Crm.Delivery;

/// <summary>The definitions that a silo knows: as old as its last look at the stored ones.</summary>
internal sealed class SimSegments(World world, ISegmentStore store) : ILiveSegments
{
    public SegmentPlan Current { get; private set; } = SegmentPlan.None;

    public async Task Renew(CancellationToken stop = default)
    {
        if (world.Segments is null || await store.Number(stop) == Current.Number) return;
        var live = await store.Live(stop);
        if (live.Number > Current.Number) Current = world.Segments!.Compile(live);
    }

    public Task<Written> Written(string id, WrittenParts parts) => store.Written(id, parts);

    public SegmentTrial Trial(string definition) => throw new NotSupportedException();
}
