using Crm.Customers;

namespace Crm.Clickstream;

/// <summary>What a partition knows of one lane: how far it was sent, and which customer takes it.</summary>
internal sealed class Lane(string id)
{
    /// <summary>The id that the events carry.</summary>
    public string Id { get; } = id;

    /// <summary>Last number that its customer has confirmed, of those sent since the owner's start; 0 for none.</summary>
    public long Sent { get; set; }

    /// <summary>Last number of the round that is being sent; 0 for none.</summary>
    public long InFlight { get; set; }

    /// <summary>The customer who took it over, when the lane's own said so; a hint.</summary>
    public string? Route { get; private set; }

    /// <summary>True while its events go to the side queue.</summary>
    public bool Parked { get; set; }

    /// <summary>Events ever set aside for the side queue.</summary>
    public long SetAside { get; set; }

    /// <summary>How many events of the round that is being gathered are its own.</summary>
    public int Gathered { get; set; }

    /// <summary>Its events of the round that is being sent.</summary>
    public LaneEvent[] Sending { get; set; } = [];

    /// <summary>The call that sends them; null between rounds.</summary>
    public Task<LaneAnswer>? Call { get; set; }

    /// <summary>Customers that its events ask to merge, and that may still answer for themselves; null for none.</summary>
    public IReadOnlyList<string>? Merging { get; set; }

    /// <summary>The events up to this number of which <see cref="Merging"/> tells at least.</summary>
    public long MergingUpTo { get; set; }

    /// <summary>The question that is under way about its merges.</summary>
    public Task? MergeQuestion { get; set; }

    private ICustomerGrain? _customer;

    /// <summary>The customer to send to.</summary>
    public ICustomerGrain Customer(IGrainFactory grains) => _customer ??= grains.Customer(Route ?? Id);

    /// <summary>Learns where the lane goes; null: to its own customer.</summary>
    public void RouteTo(string? customer)
    {
        Route = customer == Id ? null : customer;
        _customer = null;
    }
}
