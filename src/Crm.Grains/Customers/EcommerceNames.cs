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
}

/// <summary>
/// Names of the e-commerce events (Segment's e-commerce specification, version 2) and their older forms, compared without case.
/// Ratings of service have no standard name: <c>Satisfaction Rated</c>, <c>Survey Answered</c>, <c>Survey Completed</c>,
/// <c>Survey Submitted</c> and every name that begins with <c>CSAT</c> or <c>Customer Satisfaction</c> count as such.
/// </summary>
internal static class EcommerceNames
{
    private static readonly FrozenDictionary<string, Meaning> Names = new Dictionary<string, Meaning>(StringComparer.OrdinalIgnoreCase)
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
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static Meaning Of(string name)
    {
        if (Names.TryGetValue(name, out var meaning)) return meaning;
        return name.StartsWith("CSAT", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("Customer Satisfaction", StringComparison.OrdinalIgnoreCase)
                ? Meaning.SatisfactionRated
                : Meaning.None;
    }
}
