using System.Collections.Frozen;
using System.Text;

namespace Crm.Customers;

/// <summary>What an event means to the profile, beyond being counted. Not stored.</summary>
public enum Meaning : byte
{
    /// <summary>Nothing more.</summary>
    None,

    /// <summary>A product was looked at.</summary>
    ProductViewed,

    /// <summary>A list of products was looked at.</summary>
    ProductListViewed,

    /// <summary>Products were searched for.</summary>
    ProductsSearched,

    /// <summary>A product was put into the cart.</summary>
    ProductAdded,

    /// <summary>A product was taken out of the cart.</summary>
    ProductRemoved,

    /// <summary>A product was rated.</summary>
    ProductReviewed,

    /// <summary>Something was bought.</summary>
    OrderCompleted,

    /// <summary>An order is other than it was.</summary>
    OrderUpdated,

    /// <summary>Money of an order was paid back.</summary>
    OrderRefunded,

    /// <summary>An order does not come about.</summary>
    OrderCancelled,

    /// <summary>Service was rated.</summary>
    SatisfactionRated,

    /// <summary>An item of an order, as an event of its own.</summary>
    OrderItemAdded,
}

/// <summary>
/// Names of the e-commerce events (Segment's e-commerce specification, version 2) and their older forms, compared without case,
/// with blanks or underscores (<c>order_completed</c>), also at the end of a dotted name (<c>com.shop.order.completed</c>).
/// <c>Order Item Added</c> is an item of an order that comes as an event of its own, as Snowplow's do.
/// Ratings of service have no standard name: <c>Satisfaction Rated</c>, <c>Survey Answered</c>, <c>Survey Completed</c>,
/// <c>Survey Submitted</c> and every name that begins with <c>CSAT</c> or <c>Customer Satisfaction</c> count as such.
/// </summary>
public static class EcommerceNames
{
    private static readonly FrozenDictionary<string, Meaning> Names = Spelled(new Dictionary<string, Meaning>
    {
        ["Product Viewed"] = Meaning.ProductViewed,
        ["Viewed Product"] = Meaning.ProductViewed,
        ["Product List Viewed"] = Meaning.ProductListViewed,
        ["Viewed Product List"] = Meaning.ProductListViewed,
        ["Product Category Viewed"] = Meaning.ProductListViewed,
        ["Viewed Product Category"] = Meaning.ProductListViewed,
        ["Products Searched"] = Meaning.ProductsSearched,
        ["Searched Products"] = Meaning.ProductsSearched,
        ["Product Added"] = Meaning.ProductAdded,
        ["Added Product"] = Meaning.ProductAdded,
        ["Product Removed"] = Meaning.ProductRemoved,
        ["Removed Product"] = Meaning.ProductRemoved,
        ["Product Reviewed"] = Meaning.ProductReviewed,
        ["Reviewed Product"] = Meaning.ProductReviewed,
        ["Order Completed"] = Meaning.OrderCompleted,
        ["Completed Order"] = Meaning.OrderCompleted,
        ["Order Updated"] = Meaning.OrderUpdated,
        ["Updated Order"] = Meaning.OrderUpdated,
        ["Order Refunded"] = Meaning.OrderRefunded,
        ["Refunded Order"] = Meaning.OrderRefunded,
        ["Order Cancelled"] = Meaning.OrderCancelled,
        ["Order Canceled"] = Meaning.OrderCancelled,
        ["Cancelled Order"] = Meaning.OrderCancelled,
        ["Canceled Order"] = Meaning.OrderCancelled,
        ["Satisfaction Rated"] = Meaning.SatisfactionRated,
        ["Survey Answered"] = Meaning.SatisfactionRated,
        ["Survey Completed"] = Meaning.SatisfactionRated,
        ["Survey Submitted"] = Meaning.SatisfactionRated,
        ["Order Item Added"] = Meaning.OrderItemAdded,
    });

    private static readonly FrozenDictionary<string, Meaning>.AlternateLookup<ReadOnlySpan<char>> Parts =
        Names.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What an event of that name means.</summary>
    public static Meaning Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Names.TryGetValue(name, out var meaning)) return meaning;
        if (name.Contains('.', StringComparison.Ordinal) && OfDotted(name) is not Meaning.None and var dotted) return dotted;
        return name.StartsWith("CSAT", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("Customer Satisfaction", StringComparison.OrdinalIgnoreCase)
                ? Meaning.SatisfactionRated
                : Meaning.None;
    }

    /// <summary>Whether a track event of that name, in UTF-8, tells of an order. Of most names it knows that without decoding them.</summary>
    public static bool IsOfOrder(ReadOnlySpan<byte> name) =>
        (name.IndexOf("rder"u8) >= 0 || name.IndexOf("RDER"u8) >= 0)
        && Of(Encoding.UTF8.GetString(name)) is Meaning.OrderCompleted or Meaning.OrderUpdated or Meaning.OrderRefunded or Meaning.OrderCancelled or Meaning.OrderItemAdded;

    /// <summary>By the last word of the name, else by the last two.</summary>
    private static Meaning OfDotted(string name)
    {
        var last = name.LastIndexOf('.');
        if (Parts.TryGetValue(name.AsSpan(last + 1), out var meaning)) return meaning;
        var before = last > 0 ? name.LastIndexOf('.', last - 1) : -1;
        return Names.TryGetValue(name[(before + 1)..].Replace('.', ' '), out meaning) ? meaning : Meaning.None;
    }

    private static FrozenDictionary<string, Meaning> Spelled(Dictionary<string, Meaning> names) => names
        .Concat(names.Select(name => KeyValuePair.Create(name.Key.Replace(' ', '_'), name.Value)))
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
}
