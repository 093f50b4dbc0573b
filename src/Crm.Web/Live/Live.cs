namespace Crm.Live;

/// <summary>Customers as they change, for open pages.</summary>
public interface ILiveCustomers
{
    /// <summary>Calls back when the customer changed, at most four times a second; from any thread.</summary>
    /// <param name="id">The customer's own id.</param>
    IDisposable Follow(string id, Action changed);
}

/// <summary>Records as people and programs change them, for open pages.</summary>
public interface ILiveRecords
{
    /// <summary>Calls back with what of a kind was changed, a few times a second at most; from any thread.</summary>
    IDisposable Follow(string kind, Action<IReadOnlyList<Moved>> moved);
}

/// <summary>A record that somebody changed.</summary>
/// <param name="Action">Such as <c>create</c>, <c>edit</c>, <c>delete</c>.</param>
/// <param name="By">Who did it: a user's id, or another one's.</param>
/// <param name="Name">Who that is, as people know it; null for a program.</param>
public sealed record Moved(string Id, string Action, string By, string? Name);

/// <summary>What all customers together do, for open pages.</summary>
public interface ILivePulse
{
    /// <summary>Calls back about once a second; from any thread. Null when too many look.</summary>
    IDisposable? Follow(Action<Pulse> beat);
}

/// <summary>A moment of the whole shop.</summary>
/// <param name="Rate">Events a second; null when it is not known yet.</param>
/// <param name="Events">Events in the log.</param>
/// <param name="LagMs">Age of the oldest event that does not count yet.</param>
public sealed record Pulse(double? Rate, long Events, long LagMs, IReadOnlyList<NewestEvent> Newest, IReadOnlyList<BusyCustomer> Active);

/// <summary>One of the newest events.</summary>
public sealed record NewestEvent(string Customer, string Type, string? Name, DateTimeOffset At);

/// <summary>One of the most active customers.</summary>
public sealed record BusyCustomer(string Id, int Events);
