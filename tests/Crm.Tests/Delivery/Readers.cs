using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>Callers who look at customers, with and without a position of their own, and never want to see less than before.</summary>
internal sealed class Readers(World world)
{
    /// <summary>Moves that a reader follows; chains of merges are shorter here.</summary>
    private const int MostMoves = 12;

    /// <summary>How long a reader waits for what it names by position, as the API does.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ActivationScheduler _scheduler = new(world);
    private readonly Dictionary<string, long> _seen = [];
    private readonly List<string> _unanswered = [.. Traffic.Lanes];
    private readonly HashSet<string> _looking = [];

    public void StartRead()
    {
        var asked = Traffic.Lanes[world.Random.Next(Traffic.Lanes.Length)];
        var hasPosition = world.Random.Next(2) == 0;
        _scheduler.Start(() => Look(asked, hasPosition));
    }

    /// <summary>Looks at every customer once more, until it answers. True when all have.</summary>
    public bool HaveSeenTheEnd()
    {
        foreach (var lane in _unanswered.Where(_looking.Add).ToArray()) _scheduler.Start(() => LookAtTheEnd(lane));
        return _unanswered.Count == 0;
    }

    private async Task Look(string asked, bool hasPosition)
    {
        var seen = _seen.GetValueOrDefault(asked);
        try
        {
            var atLeast = hasPosition ? await WaitForOwnEvents(asked) : 0;
            var users = hasPosition ? await WaitForMerges(asked) : [];
            if (await Ask(asked, users) is not { } version) return;
            // Who was taken apart, and never sent anything under an own id, is nobody again.
            var isNobody = version == 0 && world.Storage.AllBars().Count > 0;
            if (world.Scenario.JudgesReads && version < Math.Max(isNobody ? 0 : seen, atLeast))
                world.Break("stale read", $"{asked} shows {version} events, {seen} were seen before, {atLeast} were applied by position");
            _seen[asked] = isNobody ? 0 : Math.Max(_seen.GetValueOrDefault(asked), version);
        }
        catch (Exception failure) when (failure is not NullReferenceException)
        {
            // The caller was told that it failed, and comes again.
        }
    }

    /// <summary>Events of the lane that its partition says are applied.</summary>
    private async Task<long> WaitForOwnEvents(string lane)
    {
        var partition = Partitioning.Of(lane, World.Partitions);
        var head = world.Judge.Log.Head(partition);
        var progress = await world.Grains.Partition(partition).Progress(head, TimeSpan.Zero);
        return progress.Applied >= head && progress.Parked == 0 ? world.Judge.Log.Counting(lane, head).Count() : 0;
    }

    /// <summary>Lanes of which an event asks to merge a visitor, of a partition that says that those are applied.</summary>
    private async Task<string[]> WaitForMerges(string visitor)
    {
        var partition = world.Random.Next(World.Partitions);
        var head = world.Judge.Log.Head(partition);
        if (await world.Grains.Partition(partition).Reach(head, visitor, Patience) is not { Parked: 0 }) return [];
        return [.. world.Judge.Log.Partition(partition)
            .Where(e => e.Seq <= head && !e.IsPoison && e.Sources.Contains(visitor)).Select(e => e.Lane).Distinct()];
    }

    private async Task LookAtTheEnd(string lane)
    {
        try
        {
            if (await Ask(lane, []) is not { } version) return;
            _unanswered.Remove(lane);
            var stored = world.Judge.StoredVersion(lane);
            if (world.Scenario.JudgesReads && version != stored) world.Break("read", $"{lane} answers version {version}, stored is {stored}");
        }
        catch (TimeoutException)
        {
            // It is asked again.
        }
        finally
        {
            _looking.Remove(lane);
        }
    }

    /// <summary>How many events the customer shows; null when it cannot say now. It must not answer for itself when it was merged.</summary>
    private async Task<long?> Ask(string asked, string[] users)
    {
        var (id, last) = (asked, asked);
        for (var moves = 0; moves < MostMoves; moves++)
        {
            var answer = await world.Grains.Customer(id).View();
            if (answer.NotCurrent) return null;
            if (answer.MovedTo is null && moves == 0 && users.Length > 0) JudgeMerge(asked, users);
            if (answer.MovedTo is not null)
            {
                (last, id) = (id, answer.MovedTo);
                continue;
            }

            // Taken out of this one while it was looked for, or it is overtaken: as the API does, tell it and look anew.
            if (answer.View is { } view && !view.Lanes.Contains(asked))
            {
                if (last != id) await world.Grains.Customer(id).Given(last);
                if (asked != last) await world.Grains.Customer(id).Given(asked);
                return null;
            }

            return answer.View?.Version ?? 0;
        }

        world.Break("merges", $"{asked} moves in circles");
        return null;
    }

    // Somebody else may have been first; but a visitor whom nobody has got yet cannot have been refused to these.
    private void JudgeMerge(string visitor, string[] users)
    {
        if (!world.Scenario.JudgesReads || !visitor.StartsWith("a:", StringComparison.Ordinal)) return;
        var entry = world.Storage.Merges().FirstOrDefault(m => m.Source == visitor);
        if (world.Storage.AllBars().Any(b => b.One == visitor || b.Other == visitor)) return;
        if (entry is null || users.Contains(entry.Into)) world.Break("unmerged read", $"{visitor} answers for itself after {string.Join(' ', users)}");
    }
}
