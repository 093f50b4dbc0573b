using Orleans.Concurrency;

namespace Crm.Customers;

/// <summary>A process that shows customers to people, and wants to know when they change.</summary>
[Alias("crm.customer-follower")]
public interface ICustomerFollower : IGrainObserver
{
    /// <summary>They changed since they were told of last; at most four times a second each.</summary>
    [OneWay, Alias("changed")]
    Task Changed([Immutable] string[] ids);
}
