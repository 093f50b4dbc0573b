using System.Collections.Concurrent;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>Asks the partitions how far they are, and waits for a caller's own events.</summary>
internal sealed class PartitionReads(IGrainFactory grains, LogIdentity log, SiloLink silos, TimeProvider clock)
{
    /// <summary>So old may be what is known of a partition's progress for a read that waits for nothing; a call for each would cost as much as the read.</summary>
    private static readonly TimeSpan s_recent = TimeSpan.FromMilliseconds(100);

    /// <summary>And so old while a newer answer is under way: a busy partition is not to hold up every read of its customers ten times a second.</summary>
    private static readonly TimeSpan s_recentWhileAsking = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<int, Asked> _recent = new();

    /// <summary>A question, and what the one before it answered.</summary>
    private sealed record Asked(long At, Task<PartitionProgress> Answer, Asked? Before);

    /// <summary>How long a read waits for the caller's own events; they take milliseconds, unless something is being repaired.</summary>
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(2);

    /// <summary>How long one question to all partitions may take in all.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    public static readonly Problem NoSilo = new(
        StatusCodes.Status503ServiceUnavailable, "no-silo", "Profiles cannot be read now.",
        "No silo answers. Events are still accepted. Send the same request again after the pause.", 1);

    public static readonly Problem NotCurrent = new(
        StatusCodes.Status503ServiceUnavailable, "not-current", "The profile is being brought up to date.",
        "An older state than one already answered must not be shown. Send the same request again after the pause.", 1);

    private static readonly Problem s_notYet = new(
        StatusCodes.Status503ServiceUnavailable, "not-yet", "The events of minPosition are not applied yet, or a merge that they ask for.",
        "The events are safe in the log. Send the same request again after the pause.", 1);

    private static readonly Problem s_unreadable = new(
        StatusCodes.Status400BadRequest, "bad-position", "minPosition cannot be read.",
        "Send the value of the X-Crm-Position header of an earlier answer, unchanged.");

    private static readonly Problem s_otherLog = new(
        StatusCodes.Status409Conflict, "other-log", "minPosition belongs to another log.",
        "The log was restored or failed over since that answer, so its numbers no longer compare. Read again without minPosition.");

    /// <summary>Why grains cannot be asked at all; null when they can.</summary>
    public Problem? Away => silos.Started && log.Partitions > 0 ? null : NoSilo;

    /// <summary>Partition of an id.</summary>
    public int Of(string lane) => Partitioning.Of(lane, log.Partitions);

    /// <summary>
    /// Waits until the partitions have applied what the position names, and carried out what it merges of the customer that is
    /// read next. Answers how far those are, or a problem.
    /// </summary>
    public async Task<(IReadOnlyList<PartitionProgress> Progress, Problem? Problem)> Reach(
        string? minPosition, string? customer, CancellationToken stop)
    {
        if (string.IsNullOrEmpty(minPosition)) return ([], null);
        if (!LogPosition.TryParse(minPosition, out var position)) return ([], s_unreadable);
        if (position.LogId != log.Id) await log.Refresh(stop);
        if (position.LogId != log.Id) return ([], s_otherLog);
        var seqs = position.Seqs;
        if (seqs.Count > log.Partitions || seqs.Any(s => s.Partition >= log.Partitions)) return ([], s_unreadable);

        var reached = await Ask(seqs.Select(s => Reach(s, customer)), stop);
        return reached.All(r => r is not null) ? (reached.OfType<PartitionProgress>().ToArray(), null) : ([], s_notYet);
    }

    /// <summary>
    /// Waits for the events that a customer took over with others' lanes. True when there were any to wait for: what was read
    /// before may lack them. A position that was not waited for by <see cref="Reach(string?, string?, CancellationToken)"/> names none.
    /// </summary>
    public async Task<(bool Waited, Problem? Problem)> ReachLanes(string? minPosition, IEnumerable<string> lanes, CancellationToken stop)
    {
        if (string.IsNullOrEmpty(minPosition) || !LogPosition.TryParse(minPosition, out var position)) return (false, null);
        var more = lanes.SelectMany(lane => position.Seqs.Where(s => s.Partition == Of(lane)).Select(seq => (Seq: seq, Lane: lane))).ToArray();
        if (more.Length == 0) return (false, null);
        var reached = await Ask(more.Select(m => Reach(m.Seq, m.Lane)), stop);
        return (true, reached.All(r => r is not null) ? null : s_notYet);
    }

    /// <summary>What is answered stands at what was waited for, though neighbours' events before it may not be applied yet.</summary>
    private async Task<PartitionProgress?> Reach(PartitionSeq seq, string? customer)
    {
        var reached = await grains.Partition(seq.Partition).Reach(seq.Seq, customer, s_wait);
        return reached is null || reached.Applied >= seq.Seq ? reached : reached with { Applied = seq.Seq };
    }

    /// <summary>How far some partitions are now.</summary>
    public Task<PartitionProgress[]> Progress(IEnumerable<int> partitions, CancellationToken stop) =>
        Ask(partitions.Select(p => grains.Partition(p).Progress(0, TimeSpan.Zero)), stop);

    /// <summary>How far a partition was a moment ago.</summary>
    public Task<PartitionProgress> Recently(int partition, CancellationToken stop)
    {
        var now = clock.GetTimestamp();
        if (!_recent.TryGetValue(partition, out var known) || known.Answer.IsFaulted || clock.GetElapsedTime(known.At, now) > s_recent)
        {
            var before = known is { Answer.IsCompletedSuccessfully: true } ? known with { Before = null } : known?.Before;
            _recent[partition] = known = new Asked(now, grains.Partition(partition).Progress(0, TimeSpan.Zero), before);
        }

        if (known.Answer.IsCompletedSuccessfully) return known.Answer;
        if (known is { Answer.IsCompleted: false, Before: { } last } && clock.GetElapsedTime(last.At, now) <= s_recentWhileAsking) return last.Answer;
        return known.Answer.WaitAsync(s_patience, stop);
    }

    /// <summary>How far each partition is; null for those whose owner does not answer.</summary>
    public Task<PartitionProgress?[]> All(CancellationToken stop) => Each(p => p.Progress(0, TimeSpan.Zero), stop);

    /// <summary>What each partition shows of itself; null for those whose owner does not answer.</summary>
    public Task<PartitionPulse?[]> Pulses(CancellationToken stop) => Each(p => p.Pulse(), stop);

    private async Task<T?[]> Each<T>(Func<IPartitionGrain, Task<T>> ask, CancellationToken stop)
        where T : class
    {
        return Away is null ? await Task.WhenAll(Enumerable.Range(0, log.Partitions).Select(Try)) : new T?[log.Partitions];

        async Task<T?> Try(int partition)
        {
            try
            {
                return await ask(grains.Partition(partition)).WaitAsync(s_patience, stop);
            }
            catch (Exception exception) when (SiloLink.IsAbsence(exception) && !stop.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    /// <summary>The position that an answer stands at: what a caller hands back to see nothing older.</summary>
    public string? Position(IEnumerable<PartitionProgress> progress) => log.Id is not { } id
        ? null
        : new LogPosition(id, [.. progress.GroupBy(p => p.Partition).Select(p => new PartitionSeq(p.Key, p.Max(s => s.Applied)))]).ToString();

    private static Task<T[]> Ask<T>(IEnumerable<Task<T>> questions, CancellationToken stop) =>
        Task.WhenAll(questions).WaitAsync(s_patience, stop);
}
