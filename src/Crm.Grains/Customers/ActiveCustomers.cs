using System.Collections.Concurrent;
using Orleans.Runtime;

namespace Crm.Customers;

/// <summary>How many customers a silo keeps in memory.</summary>
public sealed class ActiveCustomersOptions
{
    /// <summary>
    /// Customers in memory at which idle ones are let go, the longest untouched first. 400,000 customers are about 1.5 GB;
    /// beyond that a customer costs a read of its row when it comes back.
    /// </summary>
    public int Max { get; set; } = 400_000;
}

/// <summary>
/// Bounds the customers in a silo's memory by second chance: the oldest one that was not touched since it was last looked at,
/// and has nothing unsaved, goes.
/// </summary>
internal sealed class ActiveCustomers(ActiveCustomersOptions options, CrmMetrics metrics)
{
    /// <summary>Customers looked at for each new one above the bound: enough to fall behind a burst only slowly, little enough to cost nothing.</summary>
    private const int LooksPerEntry = 4;

    private readonly ConcurrentQueue<CustomerGrain> _clock = new();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Entered(CustomerGrain customer)
    {
        customer.IsHere = customer.WasTouched = true;
        _clock.Enqueue(customer);
        metrics.CustomerActivated();
        if (Interlocked.Increment(ref _count) <= options.Max) return;
        for (var looks = 0; looks < LooksPerEntry && _clock.TryDequeue(out var oldest); looks++)
        {
            if (!oldest.IsHere) continue;
            if (oldest.WasTouched || !oldest.IsClean)
            {
                oldest.WasTouched = false;
                _clock.Enqueue(oldest);
                continue;
            }

            oldest.GrainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, "The silo holds as many customers as it may."));
        }
    }

    public void Left(CustomerGrain customer)
    {
        if (!customer.IsHere) return;
        customer.IsHere = false;
        Interlocked.Decrement(ref _count);
        metrics.CustomerDeactivated();
    }
}
