using System.Collections.Frozen;

namespace Crm.Customers;

/// <summary>What an event means to the profile, beyond being counted. Not stored.</summary>
internal enum Meaning : byte
{
    None,
    ProductViewed,
    ProductListViewed,
    ProductsSearched,
    ProductAdded,
    ProductRemoved,
    ProductReviewed,
    OrderCompleted,
    OrderUpdated,
    OrderRefunded,
    OrderCancelled,
    SatisfactionRated,
    OrderItemAdded,
}

/// <summary>
/// Names of the e-commerce events (Segment's e-commerce specification, version 2) and their older forms, compared without case,
/// with blanks or underscores (<c>order_completed</c>), also at the end of a dotted name (<c>com.shop.order.completed</c>).
/// <c>Order Item Added</c> is an item of an order that comes as an event of its own, as Snowplow's do.
/// Ratings of service have no standard name: <c>Satisfaction Rated</c>, <c>Survey Answered</c>, <c>Survey Completed</c>,
/// <c>Survey Submitted</c> and every name that begins with <c>CSAT</c> or <c>Customer Satisfaction</c> count as such.
/// </summary>
internal static class EcommerceNames
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

    public static Meaning Of(string name)
    {
        if (Names.TryGetValue(name, out var meaning)) return meaning;
        if (name.Contains('.', StringComparison.Ordinal) && OfDotted(name) is not Meaning.None and var dotted) return dotted;
        return name.StartsWith("CSAT", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("Customer Satisfaction", StringComparison.OrdinalIgnoreCase)
                ? Meaning.SatisfactionRated
                : Meaning.None;
    }

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
