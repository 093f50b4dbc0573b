using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>One rule of delivery each, taken out at the seams; the grains stay as they are.</summary>
internal static class Mutations
{
    public static readonly Mutation Fence = new("fence", Scenarios.TwoOwners, () => new NoFence());

    public static readonly Mutation After = new("after", Scenarios.Crashes, () => new NoAfter());

    public static readonly Mutation Lanes = new("lanes", Scenarios.Merging, () => new NoLanes());

    public static readonly Mutation LastSent = new("Persist's lastSent", Scenarios.Crashes, () => new NoLastSent());

    public static readonly Mutation StoredRejects = new("stored rejects", Scenarios.LostCalls, () => new NoStoredRejects());

    public static readonly Mutation OrderOfCheckpoint = new("order of checkpoint", Scenarios.Crashes, () => new NoOrderOfCheckpoint());

    public static readonly Mutation Outbox = new("outbox", Scenarios.Merging, () => new NoOutbox());

    public static readonly Mutation FirstQuestion = new("first question", Scenarios.Crashes, () => new NoFirstQuestion());

    public static readonly Mutation WaitForMerges = new("wait for merges", Scenarios.Readers, () => new NoWaitForMerges());

    public static readonly Mutation Ledger = new("merge ledger", Scenarios.Merging, () => new NoLedger());

    public static readonly Mutation PagesWithRow = new("pages with their row", Scenarios.LostCalls with { Kills = 20 }, () => new NoPagesWithRow());

    public static readonly Mutation MergedPages = new("pages of the merged", Scenarios.Merging, () => new NoMergedPages());

    public static readonly Mutation WholeSplit = new("whole split", Scenarios.Unmerging, () => new NoWholeSplit());

    public static readonly Mutation WakingInTime = new("waking in time", Scenarios.Segments, () => new NoWakingInTime());

    public static readonly Mutation PastOfDefinitions = new("past of a definition", Scenarios.Segments with { Unmerges = 0 }, () => new NoPastOfDefinitions());

    public static readonly Mutation LookAtAll = new("look at all", Scenarios.Segments, () => new NoLookAtAll());

    /// <summary>Its loss shows only as a livelock, which takes too many rounds on a real database: it is not among <see cref="All"/>.</summary>
    public static readonly Mutation ToldOfRewriting = new("told of rewriting", Scenarios.Unmerging, () => new NoRefresh());

    public static readonly Mutation[] All =
    [
        WholeSplit, Fence, After, Lanes, LastSent, StoredRejects, OrderOfCheckpoint, Outbox, FirstQuestion, WaitForMerges, Ledger, PagesWithRow, MergedPages,
        WakingInTime, PastOfDefinitions, LookAtAll,
    ];

    /// <summary>Any writer wins: the stored version is not asked.</summary>
    public sealed class NoFence : DeliveryRules
    {
        public override async Task<bool> Write(ICustomerStore store, CustomerWrite write)
        {
            var stored = await store.Read(write.Id);
            return await store.Write(write with { ExpectedVersion = stored.Row?.RowVersion ?? 0 });
        }
    }

    /// <summary>A customer takes events whatever it has.</summary>
    public sealed class NoAfter : DeliveryRules
    {
        public override long After(long after) => 0;
    }

    /// <summary>One number a partition in the stored row, instead of one a lane.</summary>
    public sealed class NoLanes : DeliveryRules
    {
        public override Task<bool> Write(ICustomerStore store, CustomerWrite write)
        {
            var record = CustomerRecord.Decode(write.Id, write.State);
            foreach (var partition in record.Lanes.Ids.GroupBy(lane => Partitioning.Of(lane, World.Partitions)).ToArray())
            {
                var seq = partition.Max(record.Lanes.Seq);
                foreach (var lane in partition) record.Lanes.Advance(lane, seq);
            }

            return store.Write(write with { State = record.Encode() });
        }
    }

    /// <summary>Whatever the customer has is stored and counts as all that was sent.</summary>
    public sealed class NoLastSent : DeliveryRules
    {
        public override async Task<LaneAnswer> Persist(Func<long, Task<LaneAnswer>> persist, long lastSent)
        {
            var answer = await persist(lastSent);
            return answer.Kind == LaneAnswerKind.Behind ? await persist(answer.Seq) : answer;
        }
    }

    /// <summary>Rejects are stored by a write of their own, some time after the row that skipped them.</summary>
    public sealed class NoStoredRejects : DeliveryRules
    {
        public override async Task<bool> Write(ICustomerStore store, CustomerWrite write)
        {
            if (!await store.Write(write with { Rejects = [] })) return false;
            if (write.Rejects.Count == 0) return true;
            World.Send("write rejects", () =>
            {
                if (!World.Fault(World.Scenario.CallIsLost)) World.Storage.StoreRejects(write.Rejects);
            });
            return true;
        }
    }

    /// <summary>The checkpoint does not wait for the rows.</summary>
    public sealed class NoOrderOfCheckpoint : DeliveryRules
    {
        public override Task<LaneAnswer> Persist(Func<long, Task<LaneAnswer>> persist, long lastSent)
        {
            _ = persist(lastSent);
            return Task.FromResult(LaneAnswer.Ok);
        }
    }

    /// <summary>What an event asks of others is not stored with its state, only remembered.</summary>
    public sealed class NoOutbox : DeliveryRules
    {
        public override Task<bool> Write(ICustomerStore store, CustomerWrite write)
        {
            var record = CustomerRecord.Decode(write.Id, write.State);
            foreach (var pending in record.Pending.ToArray()) record.Settle(pending.Source);
            return store.Write(write with { State = record.Encode(), DueAt = null });
        }
    }

    /// <summary>A fresh customer answers what its row says.</summary>
    public sealed class NoFirstQuestion : DeliveryRules
    {
        public override Task<LaneCheck> Check(Func<Task<LaneCheck>> check) => Task.FromResult(new LaneCheck(true, 0));
    }

    /// <summary>Who reads by position waits for events, but not for the merges that they ask for.</summary>
    public sealed class NoWaitForMerges : DeliveryRules
    {
        public override string? Reader(string? customer) => null;
    }

    /// <summary>Every merge is granted as it is asked for; nobody looks for the root, nor for circles.</summary>
    public sealed class NoLedger : DeliveryRules
    {
        public override Task<MergeEntry?> Decide(IMergeLedger ledger, string source, string target, string reason, string? askedBy) =>
            Task.FromResult<MergeEntry?>(World.Storage.Grant(source, target, reason));
    }

    /// <summary>Pages of messages are stored by a write of their own, some time after the row that let them go.</summary>
    public sealed class NoPagesWithRow : DeliveryRules
    {
        public override async Task<bool> Write(ICustomerStore store, CustomerWrite write)
        {
            if (!await store.Write(write with { Pages = [] })) return false;
            if (write.Pages.Count == 0) return true;
            World.Send("write pages", () =>
            {
                if (!World.Fault(World.Scenario.CallIsLost)) World.Storage.StorePages(write.Pages);
            });
            return true;
        }
    }

    /// <summary>Each customer has its own pages, and not those of who was merged into it.</summary>
    public sealed class NoMergedPages : DeliveryRules
    {
        public override async Task<IReadOnlyList<MessagePage>> ReadPages(ICustomerStore store, MessagePageRange range) =>
            (await store.Read(range.Owner)).Row?.MovedTo is null ? await store.ReadPages(range) : [];
    }

    /// <summary>Of a merge that is taken back only the customer that stays is written at once; the other row comes later, if it comes.</summary>
    public sealed class NoWholeSplit : DeliveryRules
    {
        public override Task<bool> Split(IUnmerging unmerging, CustomerSplit split)
        {
            var stays = World.Storage.Customers.Write(split.Root);
            World.Send("write the rest", () => _ = unmerging.Split(split));
            return stays;
        }
    }

    /// <summary>A row does not say when time alone moves its customer.</summary>
    public sealed class NoWakingInTime : DeliveryRules
    {
        public override Task<bool> Write(ICustomerStore store, CustomerWrite write) =>
            store.Write(CustomerRecord.Decode(write.Id, write.State).HasWork ? write : write with { DueAt = null });
    }

    /// <summary>A new definition looks only at what comes.</summary>
    public sealed class NoPastOfDefinitions : DeliveryRules
    {
        public override Task<ReplayResult> Replay(IUnmerging unmerging, IReadOnlyList<LaneSpan> spans, Action<BehaviourEvent> take) => Task.FromResult(ReplayResult.Done);
    }

    /// <summary>Definitions change for those who are touched.</summary>
    public sealed class NoLookAtAll : DeliveryRules
    {
        public override Task<bool> LookAtSegments(Func<Task<bool>> look) => Task.FromResult(true);
    }

    /// <summary>Nobody is told that its row was rewritten by another.</summary>
    public sealed class NoRefresh : DeliveryRules
    {
        public override Task Refresh(Func<Task> refresh) => Task.CompletedTask;
    }
}
