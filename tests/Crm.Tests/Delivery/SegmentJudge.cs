using System.Globalization;
using System.Runtime.CompilerServices;
using Crm.Customers;
using Crm.Segments;

namespace Crm.Delivery;

/// <summary>Says whether customers are where the whole of their events says, whoever looks at them and when.</summary>
internal sealed class SegmentJudge(World world, WorldSegments segments)
{
    /// <summary>Who could not read its past is woken again within this.</summary>
    public static readonly TimeSpan ReadAgain = TimeSpan.FromSeconds(11);

    /// <summary>How often a membership was compared with the truth.</summary>
    public int Compared { get; private set; }

    /// <summary>What is still to be done for segments; null for nothing.</summary>
    public string? WhatIsLeft()
    {
        var (number, fill, due) = (segments.Ask(s => s.Number()), segments.Ask(s => s.Fill()), segments.Ask(s => s.CardsDue(1)));
        if (fill.Plan != number || !fill.Ended) return $"plan {number} is not brought to everybody: {fill}";
        return due.Count > 0 ? $"the card of {due[0].Customer} is to be looked at" : null;
    }

    /// <summary>An answer shows where its customer is at this moment, as far as all is known that the definitions look at.</summary>
    public void JudgeAnswer(CustomerGrain customer, CustomerAnswer answer)
    {
        if (answer.View is not { } view || Live(customer) is not { Number: > 0 } plan) return;
        var record = AtAGlance(customer);
        if (record.SegmentsIfAny?.Plan != plan.Number)
        {
            if (record.SegmentsIfAny is null || record.SegmentsIfAny.Plan < plan.Number) world.Break("segments read", $"{record.Id} answers without a look at plan {plan.Number}");
            return;
        }

        // What people write is seen when it is told, a little later.
        var known = plan.Segments.Where(s => s.Born <= record.Segments.Complete && s.Reads == WrittenParts.None);
        Compare("segments read", record, plan, known, view.Segments.Select(m => m.Segment).ToHashSet());
    }

    /// <summary>All that is stored is where it belongs; who entered and left is told, in turns, and counted.</summary>
    public void JudgeStored()
    {
        var (plan, members, moves) = (segments.Newest, world.Storage.Members(), world.Storage.Moves());
        if (plan.Number == 0) return;
        foreach (var row in world.Storage.Rows())
        {
            var record = world.Judge.Record(row);
            var told = members.Where(m => m.Customer == row.Id).Select(m => m.Segment).ToHashSet();
            if (row.MovedTo is not null)
            {
                if (told.Count > 0) world.Break("segment members", $"{row.Id} became a part of {row.MovedTo} and is in {string.Join(' ', told)}");
                continue;
            }

            // A row that would be the same is not written for the number of a plan.
            if (!told.SetEquals(record.Segments.In.Select(m => m.Id))) world.Break("segment members", $"{row.Id} is in {string.Join(' ', record.Segments.In.Select(m => m.Id))} and listed in {string.Join(' ', told)}");
            Compare("segments stored", record, plan, plan.Segments, told);
        }

        JudgeMoves(moves, members);
        var counts = members.GroupBy(m => m.Segment).ToDictionary(g => g.Key, g => g.LongCount());
        var counted = world.Storage.MemberCounts();
        if (counted.Count != counts.Count || counts.Any(c => counted.GetValueOrDefault(c.Key) != c.Value))
            world.Break("segment counts", $"{string.Join(' ', counted)} instead of {string.Join(' ', counts)}");
    }

    /// <summary>Before the moment that a row foretells, nothing changes although nobody looks.</summary>
    public void JudgeEarly()
    {
        var plan = segments.Newest;
        var now = world.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var record in Roots().Where(r => r.SegmentsIfAny?.Plan == plan.Number && r.Segments.UntilMs > now))
            Compare("segments foretold", record, plan, plan.Segments, [.. record.Segments.In.Select(m => m.Id)]);
    }

    /// <summary>The first moment at which a stored row foretells a change; null for never.</summary>
    public DateTimeOffset? NextChange()
    {
        var next = Roots().Select(r => r.SegmentsIfAny?.UntilMs ?? TimeEdge.Never).DefaultIfEmpty(TimeEdge.Never).Min();
        return next == TimeEdge.Never ? null : DateTimeOffset.FromUnixTimeMilliseconds(next);
    }

    private void JudgeMoves(IReadOnlyList<StoredMove> moves, IReadOnlySet<(string Customer, string Segment)> members)
    {
        foreach (var told in moves.GroupBy(m => (m.Customer, m.Segment)))
        {
            var inside = false;
            foreach (var move in told)
            {
                if (move.Entered == inside) world.Break("segment moves", $"{move} twice in a row");
                inside = move.Entered;
            }

            if (inside != members.Contains(told.Key)) world.Break("segment moves", $"{told.Key} ends {(inside ? "in" : "out")}, and is listed otherwise");
        }

        foreach (var member in members.Except(moves.Select(m => (m.Customer, m.Segment)))) world.Break("segment moves", $"nobody told that {member} entered");
    }

    private void Compare(string invariant, CustomerRecord record, SegmentPlan plan, IEnumerable<PlannedSegment> known, HashSet<string> inside)
    {
        var now = world.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        ToldEvent[] events = [.. record.Lanes.Ids.SelectMany(lane => world.Judge.Log.Counting(lane, record.Lanes.Seq(lane))).Select(segments.Told)];
        var naive = new NaiveSegments(events, Facts(record, events), segments.Zone, plan.Segments.ToDictionary(s => s.Id, s => s.Filter));
        foreach (var segment in known)
        {
            Compared++;
            var truth = naive.Holds(segment.Filter, now);
            if (truth == inside.Contains(segment.Id)) continue;
            world.Break(invariant, $"{record.Id} is {(truth ? "not " : "")}in {segment.Id}: {Records.Filters.FilterText.Of(segment.Filter)} at {At(now)} in {segments.Zone.Id}, of plan {plan.Number}, with {segments.Card(record.Id).ToJsonString()} and\n  "
                + string.Join("\n  ", events.OrderBy(e => e.CountsMs).Select(e => $"{At(e.AtMs)} {At(e.CountsMs)} {e.Properties.ToJsonString()}")));
            return;
        }
    }

    private Dictionary<string, object> Facts(CustomerRecord record, ToldEvent[] events)
    {
        var (card, facts) = (segments.Card(record.Id), new Dictionary<string, object>());
        facts["events"] = (decimal)events.Length;
        facts["known"] = record.Lanes.Ids.Any(lane => lane.StartsWith("u:", StringComparison.Ordinal));
        if (events.Length > 0) (facts["firstSeen"], facts["lastSeen"]) = (events.Min(e => e.AtMs), events.Max(e => e.AtMs));
        if (card["tags"] is { } tags) facts["tags"] = tags.AsArray().Select(t => (string)t!).ToArray();
        if (card["custom"]?["score"] is { } score) facts["custom.score"] = (decimal)(int)score;
        if (card["birthday"] is { } birthday) facts["birthday"] = DateOnly.Parse((string)birthday!, CultureInfo.InvariantCulture);
        return facts;
    }

    private IEnumerable<CustomerRecord> Roots() => world.Storage.Rows().Where(r => r.MovedTo is null).Select(world.Judge.Record);

    private SegmentPlan? Live(CustomerGrain customer) => world.SiloOf(customer)?.Segments.Current;

    private static string At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    // To look at a customer does not wake it.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_AtAGlance")]
    private static extern CustomerRecord AtAGlance(CustomerGrain customer);
}
