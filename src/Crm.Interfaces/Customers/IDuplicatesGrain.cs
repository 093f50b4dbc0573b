namespace Crm.Customers;

/// <summary>Looks up who else has the ids that customers were given. One in the cluster: key 0.</summary>
[Alias("crm.duplicates")]
public interface IDuplicatesGrain : IGrainWithIntegerKey
{
    /// <summary>Looks some of the waiting ids up; true when more wait.</summary>
    [Alias("look")]
    Task<bool> Look();
}
