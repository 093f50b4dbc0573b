using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>The rules of delivery as they are; mutations take one out, at the seams between grains and storage.</summary>
internal class DeliveryRules
{
    public World World { get; set; } = null!;

    /// <summary>A customer is told the last number sent on the lane since the checkpoint.</summary>
    public virtual long After(long after) => after;

    /// <summary>A stored row counts only when it reaches the last number sent.</summary>
    public virtual Task<LaneAnswer> Persist(Func<long, Task<LaneAnswer>> persist, long lastSent) => persist(lastSent);

    /// <summary>A fresh customer asks its lanes' partitions before its first answer.</summary>
    public virtual Task<LaneCheck> Check(Func<Task<LaneCheck>> check) => check();

    /// <summary>Who reads by position says whom it reads next.</summary>
    public virtual string? Reader(string? customer) => customer;

    /// <summary>How a row is written.</summary>
    public virtual Task<bool> Write(ICustomerStore store, CustomerWrite write) => store.Write(write);

    /// <summary>How pages of messages are read.</summary>
    public virtual Task<IReadOnlyList<MessagePage>> ReadPages(ICustomerStore store, MessagePageRange range) => store.ReadPages(range);

    /// <summary>How merges are decided.</summary>
    public virtual Task<MergeEntry?> Decide(IMergeLedger ledger, string source, string target, string reason, string? askedBy) =>
        ledger.Decide(source, target, reason, askedBy);

    /// <summary>How a merge that is taken back is written.</summary>
    public virtual Task<bool> Split(IUnmerging unmerging, CustomerSplit split) => unmerging.Split(split);

    /// <summary>How what counted is read again.</summary>
    public virtual Task<ReplayResult> Replay(IUnmerging unmerging, IReadOnlyList<LaneSpan> spans, Action<BehaviourEvent> take) => unmerging.Replay(spans, take);

    /// <summary>Everybody is looked at when definitions change.</summary>
    public virtual Task<bool> LookAtSegments(Func<Task<bool>> look) => look();

    /// <summary>Who holds an old row is told that it was rewritten.</summary>
    public virtual Task Refresh(Func<Task> refresh) => refresh();
}
