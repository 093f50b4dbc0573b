using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>The segments as this API knows them: asked for again where their number says that one was changed.</summary>
internal sealed class SegmentDirectory(ISegmentStore store, CompanyZone zone, ICustomFields own, RecordLists lists, IGrainFactory grains, TimeProvider clock)
{
    /// <summary>Customers that are asked for a preview: a share of them is right within some hundredths.</summary>
    private const int MostSampled = 500;
    private const int MostShown = 10;
    private const int AtOnce = 32;

    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(1);

    private volatile LiveSegmentSet? _known;
    private long _looked;

    /// <summary>What a definition can ask of a customer.</summary>
    public SegmentFields Fields => SegmentFields.Of(own);

    /// <summary>All that live.</summary>
    public async Task<LiveSegmentSet> Now(CancellationToken stop)
    {
        if (_known is { } known && await store.Number(stop) == known.Number) return known;
        return _known = await store.Live(stop);
    }

    /// <summary>All that live, as of a second ago at most: for what is asked on every page of a shop.</summary>
    public async ValueTask<LiveSegmentSet> Recently(CancellationToken stop)
    {
        if (_known is { } known && clock.GetElapsedTime(_looked) < s_age) return known;
        var now = await Now(stop);
        _looked = clock.GetTimestamp();
        return now;
    }

    /// <summary>One by its id; null when there is none.</summary>
    public async Task<Segment?> Find(string id, CancellationToken stop) => (await Now(stop)).Segments.FirstOrDefault(s => s.Id == id);

    /// <summary>How far everybody was looked at.</summary>
    public async Task<SegmentFillView> Fill(CancellationToken stop)
    {
        var (fill, number, all) = (await store.Fill(stop), await store.Number(stop), await store.CustomerCount(stop));
        var ended = fill.Ended && fill.Plan == number;
        return new SegmentFillView(ended ? all : fill.Plan == number ? Math.Min(fill.Looked, all) : 0, all, ended, fill.Paused);
    }

    /// <summary>A definition from its text.</summary>
    public async Task<(Filter? Filter, FilterProblem? Problem)> Read(string text, CancellationToken stop) =>
        (FilterParser.Parse(text, Fields, await Context(stop), out var problem), problem);

    /// <summary>A definition from its JSON.</summary>
    public async Task<(Filter? Filter, FilterProblem? Problem)> Read(JsonElement json, CancellationToken stop) =>
        (FilterJson.Parse(json, Fields, await Context(stop), out _, out var problem), problem);

    /// <summary>Asks some customers, drawn by lot, whether a definition would hold for them; why it cannot be asked.</summary>
    public async Task<(SegmentPreview? Preview, string? Wrong)> Preview(string definition, CancellationToken stop)
    {
        var (ids, all) = (await store.Sample(MostSampled, stop), await store.CustomerCount(stop));
        var held = new ConcurrentBag<string>();
        var looked = 0;
        string? wrong = null;
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (id, end) =>
        {
            if (wrong is not null) return;
            var answer = await grains.Customer(id).WouldBelong(definition).WaitAsync(end);
            wrong ??= answer.Wrong;
            if (answer.Holds is not { } holds) return;
            Interlocked.Increment(ref looked);
            if (holds) held.Add(id);
        });
        if (wrong is not null) return (null, wrong);
        string[] some = [.. held.Order(StringComparer.Ordinal).Take(MostShown)];
        var named = await lists.ByIds(RecordKind.Customer, some, stop);
        var isExact = looked >= all;
        return (new SegmentPreview(
            isExact || looked == 0 ? held.Count : (long)Math.Round((double)held.Count * all / looked), all, looked, isExact,
            [.. named.Select(r => new PreviewMember(r.Id, (string?)JsonNode.Parse(r.Fields)!["name"]))]), null);
    }

    /// <summary>Stores one; the silo looks at the definition once more, with all the others.</summary>
    public Task<SegmentAnswer> Save(HttpContext context, Segment segment) => grains.Segments().Save(segment, context.Cause()).WaitAsync(context.RequestAborted);

    /// <summary>One as the API shows it.</summary>
    public SegmentView View(Segment segment, long? members)
    {
        var filter = FilterParser.Parse(segment.Definition, Fields, new FilterContext(clock.GetUtcNow(), TimeZoneInfo.Utc, null) { TakesEvents = true }, out _);
        return new SegmentView(
            segment.Id, segment.Name, segment.Description, segment.Definition, filter is null ? null : FilterJson.Of(filter), segment.Flag, segment.Version, segment.RecordVersion,
            members, segment.CreatedAt, segment.CreatedBy, segment.UpdatedAt);
    }

    private async Task<FilterContext> Context(CancellationToken stop) => new(clock.GetUtcNow(), await zone.Now(stop), null) { TakesEvents = true };
}
