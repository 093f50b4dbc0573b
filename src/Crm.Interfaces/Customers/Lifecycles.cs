namespace Crm.Customers;

/// <summary>How far somebody is on the way to a customer, and beyond. A person's word on the card goes before it.</summary>
public static class Lifecycles
{
    /// <summary>Somebody of whom nothing is known but what a browser did.</summary>
    public const string Visitor = "visitor";

    /// <summary>Somebody with a name: a user, a person made in the CRM, or one whose email or phone is known; who never bought.</summary>
    public const string Lead = "lead";

    /// <summary>Who completed an order.</summary>
    public const string Customer = "customer";

    /// <summary>A customer who completed none for a year.</summary>
    public const string Lapsed = "lapsed";

    /// <summary>Days without an order after which a customer counts as lapsed.</summary>
    public const int LapsedAfterDays = 365;

    /// <summary>What the events say, without regard to the time that passes.</summary>
    /// <param name="orders">Completed ones.</param>
    /// <param name="isKnown">Somebody with a name.</param>
    public static string Stage(int orders, bool isKnown) => orders > 0 ? Customer : isKnown ? Lead : Visitor;

    /// <summary>The same as of now.</summary>
    public static string At(string stage, DateTimeOffset? lastOrder, DateTimeOffset now) =>
        stage == Customer && lastOrder < now.AddDays(-LapsedAfterDays) ? Lapsed : stage;
}
