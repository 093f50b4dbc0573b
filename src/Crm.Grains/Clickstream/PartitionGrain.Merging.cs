using Crm.Customers;

namespace Crm.Clickstream;

/// <summary>
/// Merges that applied events ask for. Their customers carry them out, some commits later, and delivery does not wait. But who
/// reads by position waits here until the source is frozen: till then it does not know that it was merged. Customers name the
/// sources in the answers they give anyway; what waits is stored with the checkpoint, for the next owner.
/// </summary>
internal sealed partial class PartitionGrain
{
    /// <summary>Questions for one who waits: the first sees the merge end, the others follow a customer that was merged itself meanwhile.</summary>
    private const int MostMergeQuestions = 3;

    private readonly HashSet<Lane> _merging = [];

    public async Task<PartitionProgress?> Reach(long minSeq, string? customer, TimeSpan wait)
    {
        var until = _services.Clock.GetUtcNow() + wait;
        if (customer is null) return (await Progress(minSeq, wait)) is { } all && all.Applied >= minSeq ? all : null;
        if (!await AppliesTo(customer, minSeq, until)) return null;
        if (_merging.Count > 0)
        {
            foreach (var lane in _merging.Where(l => Merges(l, customer)).ToArray())
                if (!await Settles(lane, customer, until)) return null;
        }

        return Progress();
    }

    private static bool Merges(Lane lane, string customer) => lane.Merging?.Contains(customer) is true;

    /// <summary>True when the lane's events have no merge of the customer that waits; false when it takes too long, or fails.</summary>
    private async Task<bool> Settles(Lane lane, string customer, DateTimeOffset until)
    {
        for (var questions = 0; Merges(lane, customer); questions++)
        {
            var left = until - _services.Clock.GetUtcNow();
            if (questions == MostMergeQuestions || left <= TimeSpan.Zero) return false;
            try
            {
                await AskAboutMerges(lane).WaitAsync(left, _services.Clock);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Notes what a customer that has all events of a lane up to a number says of their merges. Answers may overtake each other:
    /// one that was given before newer events knows nothing of theirs.
    /// </summary>
    private void NoteMerges(Lane lane, IReadOnlyList<string>? sources, long upTo)
    {
        if ((sources is null && lane.Merging is null) || upTo < lane.MergingUpTo) return;
        (lane.Merging, lane.MergingUpTo) = (sources, upTo);
        if (sources is null) _merging.Remove(lane);
        else _merging.Add(lane);
    }

    private LaneMerge[] MergesThatWait() => [.. _merging.SelectMany(l => l.Merging!.Select(source => new LaneMerge(l.Id, source)))];

    /// <summary>Asks again about merges that have outlasted a pass: nothing else would tell that they are settled. Waits for none.</summary>
    private void AskAboutMerges()
    {
        foreach (var lane in _merging.Where(l => l.MergingUpTo <= _checkpoint).ToArray()) _ = AskAboutMerges(lane);
    }

    /// <summary>One question at a time for each lane, however many wait for it.</summary>
    private Task AskAboutMerges(Lane lane)
    {
        if (lane.MergeQuestion is null or { IsCompleted: true }) lane.MergeQuestion = AskOnce(lane);
        return lane.MergeQuestion;
    }

    private async Task AskOnce(Lane lane)
    {
        try
        {
            var upTo = Math.Max(lane.Sent, lane.MergingUpTo);
            var customer = lane.Customer(_services.Grains);

            // Returns when the merge under way has ended, well or badly.
            await customer.Wake();
            var answer = await customer.Persist(lane.Id, upTo);
            if (answer.Kind == LaneAnswerKind.Ok) NoteMerges(lane, answer.Merging, upTo);
            if (answer.Kind == LaneAnswerKind.Behind) await Send(lane, [], upTo);
            if (answer.Kind == LaneAnswerKind.Moved) lane.RouteTo(answer.To);
            if (answer.Kind == LaneAnswerKind.NotMine) lane.RouteTo(null);
        }
        catch (Exception) when (!IsStopped)
        {
            // The merge still waits, and is asked about again.
        }
    }
}
