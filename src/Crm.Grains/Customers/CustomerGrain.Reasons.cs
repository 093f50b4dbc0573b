using Crm.Clickstream;
using Crm.Records.Filters;
using Crm.Segments;

namespace Crm.Customers;

/// <summary>What is asked of segments beside belonging: whether a draft would hold, and why somebody is in one. Both read the customer's past anew.</summary>
internal sealed partial class CustomerGrain
{
    /// <summary>Events that are told for a condition.</summary>
    private const int MostEvents = 5;

    public async Task<TrialAnswer> WouldBelong(string definition)
    {
        WasTouched = true;
        if (_ending || _movedTo is not null) return default;
        try
        {
            return new TrialAnswer((await Try(services.Segments.Trial(definition), null))?[0].Holds, null);
        }
        catch (DefinitionException cannot)
        {
            return new TrialAnswer(null, cannot.Message);
        }
    }

    public async Task<SegmentReason?> Why(string segment)
    {
        WasTouched = true;
        if (!await LookAtSegments(services.Segments.Current.Number) || _movedTo is not null) return null;
        var plan = services.Segments.Current;
        if (plan.PlaceOf(segment) is not { } place) return null;
        var trial = SegmentTrial.Of(plan, [.. SegmentTrial.Leaves(plan.Segments[place].Filter)]);
        List<ReasonEvent>[] events = [.. trial.Filters.Select(_ => new List<ReasonEvent>())];
        var verdicts = await Try(trial, (at, happened) => Note(events[at], happened));
        var isWhole = verdicts is not null;
        verdicts ??= Asked(trial, new SeriesTable(), _card);
        var (_, since) = Record.Segments.In.FirstOrDefault(m => m.Id == segment);
        return new SegmentReason(since > 0, since, isWhole ? [.. trial.Filters.Select((filter, at) => Part(filter, verdicts[at], events[at]))] : [], isWhole);
    }

    // Null when the past cannot be read now.
    private async Task<Verdict[]?> Try(SegmentTrial trial, Action<int, BehaviourEvent>? looked)
    {
        var card = _card;
        if (trial.Reads != WrittenParts.None && (card is null || (trial.Reads & ~services.Segments.Current.Reads) != 0))
            card = new CardFacts(await services.Segments.Written(_id, trial.Reads));
        var series = new SeriesTable();
        if (trial.ReadsEvents && Record.Profile.Events > 0)
        {
            // What does not count has to be stored: the history leaves it out.
            if ((_rejects is not null || _writing is not null) && !await StoreAll()) return null;
            var spans = Record.Lanes.Spans(services.Log.Partitions);
            var read = await services.Unmerging.Replay(spans, happened => trial.Fold(series, happened, looked is null ? null : at => looked(at, happened)));
            if (read != ReplayResult.Done || _ending || _movedTo is not null) return null;
        }

        return Asked(trial, series, card);
    }

    private Verdict[] Asked(SegmentTrial trial, SeriesTable series, CardFacts? card)
    {
        var now = NowMs();
        return trial.Of(Record.SegmentsIfAny, series, Facts(card, trial.Live, now), now);
    }

    private ISegmentFacts Facts(CardFacts? card, SegmentPlan plan, long nowMs) => Record.Profile.Facts(Record.IsKnown, card, services.Company.Current, plan.Places, nowMs);

    private long NowMs() => services.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    // By time, not by receipt: a late event may be an old one.
    private static void Note(List<ReasonEvent> events, BehaviourEvent happened)
    {
        var at = SegmentPlan.CountsFrom(happened);
        var place = events.FindIndex(e => e.AtMs <= at);
        if (place < 0) place = events.Count;
        if (place >= MostEvents) return;
        events.Insert(place, new ReasonEvent(at, happened.Type.ToString().ToLowerInvariant(), happened.Name, happened.MessageId));
        if (events.Count > MostEvents) events.RemoveAt(MostEvents);
    }

    private static ReasonPart Part(Filter filter, Verdict verdict, IReadOnlyList<ReasonEvent> events) =>
        new(FilterText.Of(filter), verdict.Holds, verdict.UntilMs == TimeEdge.Never ? null : verdict.UntilMs, events);
}
