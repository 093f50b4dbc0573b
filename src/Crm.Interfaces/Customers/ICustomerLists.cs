namespace Crm.Customers;

/// <summary>A customer whose columns of lists are to be written.</summary>
public readonly record struct DueListing(string Customer, DateTimeOffset At);

/// <summary>A merge whose source has a card that the other one is to take over.</summary>
public readonly record struct CardMerge(string Source, string Into);

/// <summary>What of lists of customers waits to be done.</summary>
public interface ICustomerLists
{
    /// <summary>Customers that are due, the longest first, at most <paramref name="max"/>.</summary>
    Task<IReadOnlyList<DueListing>> Due(DateTimeOffset now, int max, CancellationToken stop = default);

    /// <summary>They were listed; those that are due at another time since stay.</summary>
    Task Settle(IReadOnlyCollection<DueListing> listed, CancellationToken stop = default);

    /// <summary>Cards that wait to be taken over, at most <paramref name="max"/>.</summary>
    Task<IReadOnlyList<CardMerge>> Cards(int max, CancellationToken stop = default);

    /// <summary>A card was taken over in that version; one that was written since waits on.</summary>
    Task Settle(CardMerge merge, long recordVersion, CancellationToken stop = default);

    /// <summary>Makes all who ordered due when money is worth something else than the lists say.</summary>
    /// <param name="terms">Names base currency, rates and tiers.</param>
    /// <param name="at">When: all silos go by these terms by then.</param>
    /// <param name="stop">Cancels the call.</param>
    Task Terms(string terms, DateTimeOffset at, CancellationToken stop = default);
}
