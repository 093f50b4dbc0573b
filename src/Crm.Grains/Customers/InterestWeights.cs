using System.Collections.Frozen;
using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>How much an event tells of the wish to buy; docs/heat.md shows the table. What was counted keeps the weight that it had.</summary>
internal static class InterestWeights
{
    /// <summary>A page, a screen, and every other thing that people do.</summary>
    private const int Other = 1;

    private static readonly FrozenDictionary<string, int> s_names = Spelled(new Dictionary<string, int>
    {
        ["Checkout Started"] = 12,
        ["Checkout Step Completed"] = 4,
        ["Payment Info Entered"] = 12,
        ["Cart Viewed"] = 4,
        ["Cart Shared"] = 4,
        ["Coupon Applied"] = 4,
        ["Coupon Entered"] = 4,
        ["Product Clicked"] = 2,
        ["Product Shared"] = 4,
        ["Product Added to Wishlist"] = 5,
        ["Wishlist Product Added to Cart"] = 8,
        ["Product Removed from Wishlist"] = -2,
        ["Demo Requested"] = 20,
        ["Quote Requested"] = 20,
        ["Trial Started"] = 15,
        ["Form Submitted"] = 8,
        ["Signed Up"] = 8,
        ["Pricing Viewed"] = 5,
        ["Email Link Clicked"] = 3,
        ["Email Bounced"] = 0,
        ["Email Delivered"] = 0,
        ["Email Marked as Spam"] = -15,
        ["Unsubscribed"] = -8,
    });

    /// <summary>The weight of an event; 0 for what crawlers do.</summary>
    public static int Of(EventType type, Meaning meaning, string? name, EventFaults faults = EventFaults.None) => type switch
    {
        _ when (faults & EventFaults.Crawler) != 0 => 0,
        EventType.Page or EventType.Screen => Other,
        EventType.Track when meaning != Meaning.None => Of(meaning),
        EventType.Track when name is not null => s_names.GetValueOrDefault(name, Other),
        _ => 0,
    };

    private static int Of(Meaning meaning) => meaning switch
    {
        Meaning.ProductViewed => 2,
        Meaning.ProductListViewed => 1,
        Meaning.ProductsSearched => 3,
        Meaning.ProductAdded => 8,
        Meaning.ProductRemoved => -4,
        Meaning.ProductReviewed => 5,
        Meaning.OrderCompleted => 30,
        Meaning.OrderRefunded => -15,
        Meaning.OrderCancelled => -20,
        Meaning.SatisfactionRated => 2,
        _ => 0,
    };

    private static FrozenDictionary<string, int> Spelled(Dictionary<string, int> names) => names
        .Concat(names.Select(name => KeyValuePair.Create(name.Key.Replace(' ', '_'), name.Value)))
        .DistinctBy(name => name.Key, StringComparer.OrdinalIgnoreCase)
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
}
