using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>Says from stored rows alone whether an invariant broke.</summary>
internal sealed class Judge(World world)
{
    /// <summary>What breaks when no customer knows a message that counted: nothing shows of it until a copy comes.</summary>
    public const string Forgotten = "forgotten";

    private readonly IStorage _storage = world.Storage;
    private readonly Dictionary<string, (long Version, CustomerRecord Record)> _decoded = [];

    public LogBook Log { get; } = new(world.Storage);

    /// <summary>A checkpoint may pass only what is in a stored row or in the side queue.</summary>
    public void JudgeCheckpoint(int partition, long checkpoint, IReadOnlyCollection<ParkedEvent> aside)
    {
        var before = _storage.Progress(partition).Checkpoint;
        if (checkpoint <= before) return;
        var records = _storage.Rows().Select(Record).ToArray();
        var parked = aside.Select(p => p.Event.Seq).ToHashSet();
        foreach (var logged in Log.Partition(partition).Where(e => e.Seq > before && e.Seq <= checkpoint))
        {
            if (parked.Contains(logged.Seq) || records.Any(r => r.Lanes.Seq(logged.Lane) >= logged.Seq)) continue;
            world.Break("checkpoint", $"partition {partition} goes to {checkpoint}, but {logged} is nowhere durable");
        }
    }

    /// <summary>The ledger may be asked only for merges that wait in a stored row, or that another owner has settled there meanwhile.</summary>
    public void JudgeQuestion(string source, string target)
    {
        var record = _storage.Rows().Where(r => r.Id == target).Select(Record).SingleOrDefault();
        var isSettled = record is not null && (record.Lanes.Holds(source) || record.Refused.Any(r => r.Source == source));
        var wasTakenApart = _storage.AllBars().Any(b => b.One == source || b.Other == source);
        if (record is null || !(record.Pending.Any(p => p.Source == source) || isSettled || wasTakenApart))
            world.Break("outbox", $"{target} asks for {source} before that is stored");
    }

    /// <summary>True when all is persisted and in the history, no merge waits and nothing is parked.</summary>
    public bool IsDrained() => WhatIsLeft().Length == 0;

    public string WhatIsLeft()
    {
        var left = new List<string>();
        for (var partition = 0; partition < World.Partitions; partition++)
        {
            var head = Log.Head(partition);
            var (checkpoint, history) = _storage.Progress(partition);
            if (checkpoint != head || history != head)
                left.Add($"partition {partition} has checkpoint {checkpoint} and history {history} of {head}");
        }

        var (due, parked) = _storage.Waiting(world.Clock.GetUtcNow() + (world.Segments is null ? TimeSpan.Zero : SegmentJudge.ReadAgain));
        if (due > 0) left.Add($"{due} customers are due");
        if (parked > 0) left.Add($"{parked} events are parked");
        if (world.Segments?.Judge.WhatIsLeft() is { } waits) left.Add(waits);
        return string.Join("; ", left);
    }

    public void JudgeTheEnd()
    {
        var rows = _storage.Rows();
        var roots = rows.Where(r => r.MovedTo is null).Select(Record).ToArray();
        JudgeMessages(roots);
        JudgeLanes(roots);
        JudgeHistory(roots);
        new MergeJudge(world, Log).Judge(rows, rows.ToDictionary(r => r.Id, Record));
        JudgeMemory(roots);
        world.Segments?.Judge.JudgeStored();
    }

    /// <summary>What a reader of the id has to be shown at the end.</summary>
    public long StoredVersion(string id)
    {
        var rows = _storage.Rows().ToDictionary(r => r.Id);
        while (rows.GetValueOrDefault(id) is { } row)
        {
            if (row.MovedTo is null) return Record(row).Profile is { Events: > 0 } profile ? profile.Version : 0;
            id = row.MovedTo;
        }

        return 0;
    }

    public static IReadOnlyDictionary<string, long> CountsByName(CustomerRecord record) =>
        record.Profile.View("", [], [], new(), DateTimeOffset.UnixEpoch).CountsByEvent;

    private void JudgeMessages(CustomerRecord[] roots)
    {
        var counts = roots.SelectMany(r => CountsByName(r)).GroupBy(c => c.Key).ToDictionary(g => g.Key, g => g.Sum(c => c.Value));
        var expected = 0;
        var interest = 0L;
        foreach (var message in Log.All().GroupBy(e => e.MessageId))
        {
            var first = message.First();
            var times = message.Where(e => e.Type == EventType.Track).Sum(e => counts.GetValueOrDefault(e.Name!));
            if (first.IsPoison)
            {
                if (times > 0) world.Break("poison", $"{first} counted");
                continue;
            }

            expected++;
            interest += InterestWeights.Of(first.Type, first is { Type: EventType.Track, Name: { } name } ? EcommerceNames.Of(name) : Meaning.None, first.Name);
            if (first.Type == EventType.Track && times == 0) world.Break("lost", first.ToString());
            if (times > 1) world.Break("double", $"{first} counted {times} times");
        }

        var counted = roots.Sum(r => r.Profile.Events);
        var warmth = roots.Sum(r => r.Profile.View("", [], [], new(), DateTimeOffset.UnixEpoch).Interest.Sum(d => d.Weight));
        if (counted == expected && warmth != interest) world.Break("interest", $"customers are {warmth} warm instead of {interest}");
        if (counted != expected) world.Break(counted < expected ? "lost" : "double", $"{counted} events counted of {expected}");
    }

    /// <summary>Each message that counted is known to one customer, and no other is.</summary>
    private void JudgeMemory(CustomerRecord[] roots)
    {
        var pages = _storage.Pages().ToLookup(p => p.Owner);
        foreach (var message in Log.All().GroupBy(e => e.MessageId).Where(m => world.Segments?.IsOld(m.Key) is not true))
        {
            var holders = roots.Count(r => Knows(r, MessageRing.Hash(message.Key), pages));
            if (holders != (message.First().IsPoison ? 0 : 1)) world.Break(Forgotten, $"{holders} customers know {message.First()}");
        }
    }

    /// <summary>True when a row holds the message, or a page that the row names.</summary>
    private static bool Knows(CustomerRecord root, ulong hash, ILookup<string, MessagePage> pages) =>
        root.Ring.Contains(hash) || (root.Pages?.Named ?? []).Any(
            range => pages[range.Owner].Any(p => p.Number >= range.First && p.Number < range.First + range.Count && p.Hashes.Contains(hash)));

    private void JudgeLanes(CustomerRecord[] roots)
    {
        foreach (var lane in Log.All().GroupBy(e => e.Lane))
        {
            var holders = roots.Where(r => r.Lanes.Holds(lane.Key)).ToArray();
            if (holders.Length != 1) world.Break("lanes", $"{lane.Key} is held by {holders.Length} customers");
            else if (holders[0].Lanes.Seq(lane.Key) < lane.Max(e => e.Seq)) world.Break("lanes", $"{lane.Key} ends before the log");
        }
    }

    /// <summary>History and rejects split the log; of each message the copy that counted is in the history, once.</summary>
    private void JudgeHistory(CustomerRecord[] roots)
    {
        var history = _storage.History().GroupBy(h => h).ToDictionary(g => (g.Key.Partition, g.Key.Seq), g => g.Count());
        var rejects = _storage.Rejects().ToDictionary(r => (r.Partition, r.Seq));
        var counted = roots.SelectMany(r => CountsByName(r)).Where(c => c.Value > 0).Select(c => c.Key).ToHashSet();
        foreach (var message in Log.All().GroupBy(e => e.MessageId))
        {
            var rows = message.Sum(e => history.GetValueOrDefault((e.Partition, e.Seq)));
            var first = message.First();
            if (rows != (first.IsPoison ? 0 : 1)) world.Break("history", $"{first} has {rows} rows");
            foreach (var copy in message)
            {
                var isThere = history.ContainsKey((copy.Partition, copy.Seq));
                var reject = rejects.GetValueOrDefault((copy.Partition, copy.Seq));
                if (isThere == reject is not null) world.Break("history", $"{copy} is {(isThere ? "rejected and" : "neither rejected nor")} in the history");
                if (copy.Type == EventType.Track && isThere != counted.Contains(copy.Name!)) world.Break("history", $"another copy than {copy} counted");
                if (copy.IsPoison && reject is not { IsDeadLetter: true, Reason: RejectReason.Poison }) world.Break("dead letters", $"{copy} is none");
            }
        }
    }

    public CustomerRecord Record(CustomerRow row)
    {
        if (_decoded.TryGetValue(row.Id, out var known) && known.Version == row.RowVersion) return known.Record;
        var record = CustomerRecord.Decode(row.Id, row.State);
        _decoded[row.Id] = (row.RowVersion, record);
        return record;
    }
}
