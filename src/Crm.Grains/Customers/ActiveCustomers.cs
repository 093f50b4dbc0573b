using System.Collections.Concurrent;
using Orleans.Runtime;

namespace Crm.Customers;

/// <summary>How many customers a silo keeps in memory.</summary>
public sealed class ActiveCustomersOptions
{
    /// <summary>
    /// Customers in memory at which idle ones are let go, the longest untouched first. 250,000 customers are about 1 GB, most of them resting;
    /// beyond that a customer costs a read of its row when it comes back. The few that hold pages of messages count for as many
    /// as take the same memory.
    /// </summary>
    public int Max { get; set; } = 250_000;
}

/// <summary>
/// Bounds the customers in a silo's memory by second chance: the oldest one that was not touched since it was last looked at,
/// and has nothing unsaved, goes.
/// </summary>
internal sealed class ActiveCustomers(ActiveCustomersOptions options, CrmMetrics metrics)
{
    /// <summary>Customers looked at for each that comes or grows above the bound: enough to fall behind a burst only slowly, little enough to cost nothing.</summary>
    private const int LooksPerEntry = 4;

    /// <summary>Customers that were told to go and are still here, at which those who come wait a while: each is memory beyond the bound.</summary>
    private const int MaxLeaving = 5_000;

    /// <summary>Longest wait of one who comes, in steps; then it comes all the same.</summary>
    private const int MaxWaits = 100;

    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentQueue<CustomerGrain> _clock = new();
    private int _count;
    private int _leaving;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Returns when not too many are about to go, or after a second.</summary>
    public async Task Room(TimeProvider clock, CancellationToken stop)
    {
        for (var waits = 0; Volatile.Read(ref _leaving) > MaxLeaving && waits < MaxWaits; waits++) await Task.Delay(s_wait, clock, stop);
    }

    public void Entered(CustomerGrain customer)
    {
        customer.IsHere = customer.WasTouched = true;
        customer.Weight = 0;
        _clock.Enqueue(customer);
        metrics.CustomerActivated();
        MakeRoom(Interlocked.Increment(ref _count));
    }

    /// <summary>Notes how much a customer weighs besides itself.</summary>
    public void Weighs(CustomerGrain customer, int weight)
    {
        if (weight == customer.Weight || !customer.IsHere) return;
        var count = Interlocked.Add(ref _count, weight - customer.Weight);
        var isGrown = weight > customer.Weight;
        customer.Weight = weight;
        if (isGrown) MakeRoom(count);
    }

    public void Left(CustomerGrain customer)
    {
        if (!customer.IsHere) return;
        customer.IsHere = false;
        if (customer.IsLeaving) Interlocked.Decrement(ref _leaving);
        Interlocked.Add(ref _count, -1 - customer.Weight);
        metrics.CustomerDeactivated();
    }

    private void MakeRoom(int count)
    {
        if (count <= options.Max) return;
        for (var looks = 0; looks < LooksPerEntry && _clock.TryDequeue(out var oldest); looks++)
        {
            if (!oldest.IsHere) continue;
            if (oldest.WasTouched || !oldest.IsClean)
            {
                oldest.WasTouched = false;
                _clock.Enqueue(oldest);
                continue;
            }

            oldest.IsLeaving = true;
            Interlocked.Increment(ref _leaving);
            oldest.GrainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, "The silo holds as many customers as it may."));
        }
    }
}
