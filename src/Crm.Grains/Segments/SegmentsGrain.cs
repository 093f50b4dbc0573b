using Crm.Company;
using Crm.Records;
using Crm.Records.Filters;
using Microsoft.Extensions.Logging;

namespace Crm.Segments;

/// <summary>Checks each change of a segment against all the others, and stores it with the plan that they make together.</summary>
internal sealed partial class SegmentsGrain(
    ISegmentStore store, ILiveSegments live, ICompanySettings company, ICustomFields own, IGrainFactory grains, TimeProvider clock, ILogger<SegmentsGrain> logger) : Grain, ISegmentsGrain
{
    /// <summary>Customers of one round: their rows are read and written in a few statements.</summary>
    private const int FillCustomers = 500;

    public async Task<SegmentAnswer> Save(Segment segment, ChangeCause cause)
    {
        var zone = TimeZoneInfo.TryFindSystemTimeZoneById(company.Current.TimeZone, out var found) ? found : TimeZoneInfo.Utc;
        if (segment.DeletedAt is null)
        {
            if (Parse(segment.Definition, zone, out var problem) is not { } filter) return new SegmentAnswer(SegmentOutcome.Wrong, null, problem!.Why, problem.At);
            segment = segment with { Definition = FilterText.Of(filter) };
        }

        var answer = await store.Save(segment, all => Check(all, segment, zone), cause);
        if (answer.Outcome == SegmentOutcome.Done) await live.Renew();
        return answer;
    }

    public async Task<bool> Fill()
    {
        await live.Renew();
        var (fill, plan) = (await store.Fill(), live.Current.Number);
        if (fill.Paused || (fill.Ended && fill.Plan == plan)) return false;

        // What changed meanwhile is looked for from the beginning.
        var begin = fill.Plan == plan ? fill : new SegmentFill(plan, "", 0, false, false);
        var customers = await store.Customers(begin.After, FillCustomers);
        var looked = await Task.WhenAll(customers.Select(c => Look(c, plan)));
        if (!looked.All(done => done)) return false;
        var ended = customers.Count < FillCustomers;
        await store.Advance(fill, begin with { After = ended ? begin.After : customers[^1], Looked = begin.Looked + customers.Count, Ended = ended });
        return !ended;
    }

    public async Task<bool> FollowCards()
    {
        var due = await store.CardsDue(FillCustomers);
        var looked = await Task.WhenAll(due.Select(d => Look(d.Customer, live.Current.Number, card: true)));
        await store.CardsDone([.. due.Where((_, at) => looked[at])]);
        return due.Count == FillCustomers && looked.All(done => done);
    }

    private async Task<bool> Look(string customer, long plan, bool card = false)
    {
        try
        {
            var grain = grains.Customer(customer);
            return await (card ? grain.LookAtCard(plan) : grain.LookAtSegments(plan));
        }
        catch (Exception failure)
        {
            LogWaits(failure.GetType().Name);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking at all customers by new definitions waits after {Failure}, and is tried again")]
    private partial void LogWaits(string failure);

    private SegmentPlanCheck Check(LiveSegmentSet all, Segment changed, TimeZoneInfo zone)
    {
        var filters = all.Segments.Select(s => (Segment: s, Filter: Parse(s.Definition, zone, out _))).Where(s => s.Filter is not null).ToArray();
        if (changed.DeletedAt is not null && filters.FirstOrDefault(f => SegmentCompiler.Named(f.Filter!).Contains(changed.Id)).Segment is { } user)
            return new SegmentPlanCheck([], WrittenParts.None, new SegmentAnswer(SegmentOutcome.InUse, changed, user.Name));
        var plan = SegmentCompiler.Compile(
            all.Number, [.. filters.Select(f => new LiveDefinition(f.Segment.Id, f.Segment.Version, f.Filter!))], zone, all.Born, out var wrong, all);
        return wrong.TryGetValue(changed.Id, out var why)
            ? new SegmentPlanCheck([], WrittenParts.None, new SegmentAnswer(SegmentOutcome.Wrong, changed, why))
            : new SegmentPlanCheck([.. plan.Specs.Select(s => s.Key)], plan.Reads, null);
    }

    private Filter? Parse(string text, TimeZoneInfo zone, out FilterProblem? problem) =>
        FilterParser.Parse(text, SegmentFields.Of(own), new FilterContext(clock.GetUtcNow(), zone, null) { TakesEvents = true }, out problem);
}
