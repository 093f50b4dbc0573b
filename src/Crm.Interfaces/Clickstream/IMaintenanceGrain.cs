namespace Crm.Clickstream;

/// <summary>Keeps log and history at their size. One in the cluster: key 0. Woken by a reminder every hour.</summary>
[Alias("crm.maintenance")]
public interface IMaintenanceGrain : IGrainWithIntegerKey
{
    /// <summary>Makes sure that the reminder is set, and runs at once when it has not run since this activation's start.</summary>
    [Alias("start")]
    Task Start();
}
