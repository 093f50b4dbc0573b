using System.Collections.Concurrent;
using Crm.Company;
using Crm.Hosting;
using Crm.Records;
using Crm.Records.Filters;
using Microsoft.Extensions.Logging;

namespace Crm.Segments;

/// <summary>The live definitions of this silo. Customers read them in every turn, so the plan never waits.</summary>
internal interface ILiveSegments
{
    /// <summary>As known here: some seconds old at most.</summary>
    SegmentPlan Current { get; }

    /// <summary>Asks for the newest: of a customer that was looked at by a newer one.</summary>
    Task Renew(CancellationToken stop = default);

    /// <summary>What people wrote of a customer.</summary>
    Task<Written> Written(string id, WrittenParts parts);

    /// <summary>A definition that is not stored, compiled; the last ones that were asked for are kept.</summary>
    /// <exception cref="DefinitionException">It cannot be asked.</exception>
    SegmentTrial Trial(string definition);
}

/// <summary>Compares the known definitions with the stored ones every second.</summary>
internal sealed partial class LiveSegments(
    ISegmentStore store, ICompanySettings company, ICustomFields own, TimeProvider clock, ILogger<LiveSegments> logger)
    : SiloLoop(clock, logger), ILiveSegments
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    /// <summary>Drafts that are kept compiled.</summary>
    private const int MostTrials = 50;

    private readonly TimeProvider _clock = clock;
    private readonly SemaphoreSlim _one = new(1);
    private readonly ConcurrentDictionary<(string Definition, long Plan), SegmentTrial> _trials = new();
    private volatile SegmentPlan _current = SegmentPlan.None;

    public SegmentPlan Current => _current;

    public Task<Written> Written(string id, WrittenParts parts) => store.Written(id, parts);

    public SegmentTrial Trial(string definition)
    {
        var live = _current;
        if (_trials.TryGetValue((definition, live.Number), out var known)) return known;
        var context = new FilterContext(_clock.GetUtcNow(), live.Zone, null) { TakesEvents = true };
        var filter = FilterParser.Parse(definition, SegmentFields.Of(own), context, out var problem)
            ?? throw new DefinitionException(problem!.Why);
        var trial = SegmentTrial.Of(live, [filter]);
        if (_trials.Count >= MostTrials) _trials.Clear();
        _trials[(definition, live.Number)] = trial;
        return trial;
    }

    public async Task Renew(CancellationToken stop = default)
    {
        await _one.WaitAsync(stop);
        try
        {
            var zone = Zone();
            if (await store.Number(stop) == _current.Number && (_current.Number == 0 || zone.Equals(_current.Zone))) return;
            var live = await store.Live(stop);
            var definitions = live.Segments.Select(Definition).OfType<LiveDefinition>().ToArray();
            var plan = SegmentCompiler.Compile(live.Number, definitions, zone, live.Born, out var wrong, live);
            foreach (var (segment, why) in wrong) LogWrong(segment, why);
            _current = plan;
        }
        finally
        {
            _one.Release();
        }

        LiveDefinition? Definition(Segment segment)
        {
            var context = new FilterContext(_clock.GetUtcNow(), Zone(), null) { TakesEvents = true };
            if (FilterParser.Parse(segment.Definition, SegmentFields.Of(own), context, out var problem) is { } filter) return new LiveDefinition(segment.Id, segment.Version, filter);
            LogWrong(segment.Id, problem!.Why);
            return null;
        }
    }

    protected override async Task<TimeSpan?> Turn(CancellationToken stop)
    {
        await Renew(stop);
        return s_period;
    }

    private TimeZoneInfo Zone() => TimeZoneInfo.TryFindSystemTimeZoneById(company.Current.TimeZone, out var zone) ? zone : TimeZoneInfo.Utc;

    [LoggerMessage(Level = LogLevel.Error, Message = "Segment {Segment} cannot live: {Why}")]
    private partial void LogWrong(string segment, string why);
}
