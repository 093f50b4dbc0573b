using System.Collections.Concurrent;

namespace Crm.Customers;

/// <summary>The customers of a silo who hold more than their stored form, in the order in which they were last found needed.</summary>
internal sealed class AwakeCustomers(TimeProvider clock)
{
    /// <summary>
    /// Who was not needed for so long, and up to twice as long, rests. Coming to oneself costs 10-20 microseconds: seldom enough not
    /// to be seen beside the events of a customer who comes twice a minute.
    /// </summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<(CustomerGrain Customer, long Since)> _queue = new();

    public void Woke(CustomerGrain customer) => _queue.Enqueue((customer, clock.GetTimestamp()));

    /// <summary>Looks at those whose time has come, but no more than <paramref name="most"/>. True when there are more.</summary>
    public bool LetRest(int most)
    {
        for (var looks = 0; _queue.TryPeek(out var first) && clock.GetElapsedTime(first.Since) >= s_quiet; looks++)
        {
            if (looks == most) return true;
            _queue.TryDequeue(out first);
            if (!first.Customer.IsHere) continue;
            if (first.Customer.WasNeeded)
            {
                first.Customer.WasNeeded = false;
                Woke(first.Customer);
            }
            else
            {
                first.Customer.RestSoon();
            }
        }

        return false;
    }
}
