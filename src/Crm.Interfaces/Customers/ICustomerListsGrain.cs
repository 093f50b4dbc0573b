namespace Crm.Customers;

/// <summary>Carries out what lists of customers wait for. One in the cluster: key 0.</summary>
[Alias("crm.customer-lists")]
public interface ICustomerListsGrain : IGrainWithIntegerKey
{
    /// <summary>Does some of it; true when more waits.</summary>
    [Alias("work")]
    Task<bool> Work();
}
