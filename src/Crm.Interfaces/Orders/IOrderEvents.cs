using Crm.Clickstream;

namespace Crm.Orders;

/// <summary>An event that tells of an order, and waits to become part of a record.</summary>
public sealed record OrderEvent(int Partition, long Seq, BehaviourEvent Happened);

/// <summary>Events of orders that are in the history and not yet in their orders.</summary>
public interface IOrderEvents
{
    /// <summary>Those that wait behind a place, of each partition in the order of the log; at most <paramref name="max"/>.</summary>
    Task<IReadOnlyList<OrderEvent>> Due((int Partition, long Seq) after, int max, CancellationToken stop = default);

    /// <summary>They are in their orders, or belong to nobody.</summary>
    Task Settle(IReadOnlyCollection<OrderEvent> done, CancellationToken stop = default);
}

/// <summary>Makes orders of events. Key: 0.</summary>
[Alias("crm.order-desk")]
public interface IOrderDeskGrain : IGrainWithIntegerKey
{
    /// <summary>Does some of it; true when more waits. While it answers nothing is under way that it began before.</summary>
    [Alias("work")]
    Task<bool> Work();
}
