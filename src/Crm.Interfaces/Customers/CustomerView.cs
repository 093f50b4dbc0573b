using Crm.Privacy;
using Crm.Segments;

namespace Crm.Customers;

/// <summary>
/// The whole profile of a customer, as its grain answers it. Money is by currency code, exact; it is rounded once, when shown.
/// Times are Unix milliseconds.
/// </summary>
[GenerateSerializer, Immutable, Alias("crm.customer-view")]
public sealed record CustomerView
{
    /// <summary>Canonical customer id.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Ids by kind: <c>user_id</c>, <c>anonymous_id</c>, <c>email</c>, ...</summary>
    [Id(1)] public required IReadOnlyDictionary<string, IReadOnlyList<string>> ExternalIds { get; init; }

    /// <summary>Traits: name to JSON value (raw UTF-8 text).</summary>
    [Id(2)] public required IReadOnlyDictionary<string, string> Traits { get; init; }

    /// <summary>Company accounts by group id, each with its traits as JSON values.</summary>
    [Id(3)] public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Groups { get; init; }

    /// <summary>Events that counted, by call (<c>track</c>, <c>page</c>, ...).</summary>
    [Id(4)] public required IReadOnlyDictionary<string, long> CountsByType { get; init; }

    /// <summary>Events that counted, by event name.</summary>
    [Id(5)] public required IReadOnlyDictionary<string, long> CountsByEvent { get; init; }

    /// <summary>Completed orders.</summary>
    [Id(6)] public required int Orders { get; init; }

    /// <summary>Revenue of completed orders (without shipping and tax).</summary>
    [Id(7)] public required IReadOnlyDictionary<string, decimal> Revenue { get; init; }

    /// <summary>Totals of completed orders (with shipping and tax).</summary>
    [Id(8)] public required IReadOnlyDictionary<string, decimal> OrderTotal { get; init; }

    /// <summary>Refunds.</summary>
    [Id(9)] public required int Refunds { get; init; }

    /// <summary>Money refunded.</summary>
    [Id(10)] public required IReadOnlyDictionary<string, decimal> Refunded { get; init; }

    /// <summary>What was done with each product.</summary>
    [Id(11)] public required ProductsView Products { get; init; }

    /// <summary>The open cart; null when nothing is in it.</summary>
    [Id(12)] public CartView? Cart { get; init; }

    /// <summary>Visits: groups of events no more than 30 minutes apart.</summary>
    [Id(13)] public required int Sessions { get; init; }

    /// <summary>Recency, frequency, monetary.</summary>
    [Id(14)] public required RfmView Rfm { get; init; }

    /// <summary><c>high-value</c>, <c>ordinary</c> or <c>potential</c>, by the company's rule.</summary>
    [Id(15)] public required string Tier { get; init; }

    /// <summary>Time of the earliest event.</summary>
    [Id(16)] public long? FirstSeenMs { get; init; }

    /// <summary>Time of the latest event.</summary>
    [Id(17)] public long? LastSeenMs { get; init; }

    /// <summary>The customers that were merged into this one.</summary>
    [Id(18)] public required IReadOnlyList<MergeView> Merges { get; init; }

    /// <summary>Grows with every event that counts and every edit.</summary>
    [Id(19)] public required long Version { get; init; }

    /// <summary>Ids of all lanes: this customer's own and those of all who were merged into it.</summary>
    [Id(20)] public required IReadOnlyList<string> Lanes { get; init; }

    /// <summary>Time of the first completed order.</summary>
    [Id(21)] public long? FirstOrderMs { get; init; }

    /// <summary>Time of the last completed order.</summary>
    [Id(22)] public long? LastOrderMs { get; init; }

    /// <summary>Reviews of products.</summary>
    [Id(23)] public required RatingView Reviews { get; init; }

    /// <summary>Ratings of service (satisfaction).</summary>
    [Id(24)] public required RatingView Satisfaction { get; init; }

    /// <summary>Counts by product category seen.</summary>
    [Id(25)] public required IReadOnlyDictionary<string, long> Categories { get; init; }

    /// <summary>Newest search words, newest first, with their counts.</summary>
    [Id(26)] public required IReadOnlyDictionary<string, long> Searches { get; init; }

    /// <summary>Values that could not be read (no money was made of them).</summary>
    [Id(27)] public required long Faults { get; init; }

    /// <summary>The newest events by their own time, newest first, at most 20.</summary>
    [Id(28)] public IReadOnlyList<NewestEventView> Newest { get; init; } = [];

    /// <summary>What its events weigh, by day, oldest first: the newest 90 days up to its newest event.</summary>
    [Id(41)] public IReadOnlyList<InterestDay> Interest { get; init; } = [];

    /// <summary>What each of <see cref="Newest"/> tells of the wish to buy.</summary>
    [Id(42)] public IReadOnlyList<int> NewestWeights { get; init; } = [];

    /// <summary>How many of the events are marked.</summary>
    [Id(40)] public EventMarksView Marks { get; init; } = new(0, 0);

    /// <summary>The segments that the customer is in.</summary>
    [Id(43)] public IReadOnlyList<SegmentMembership> Segments { get; init; } = [];

    /// <summary>What the person consented to, and what follows from it.</summary>
    [Id(31)] public ConsentView Consent { get; init; } = new(new Dictionary<string, ConsentChoice>(), null, new Dictionary<string, bool>());
}

/// <summary>Events that known crawlers sent, and events that were the first to be taken after others of the customer were refused for their number.</summary>
[GenerateSerializer, Immutable, Alias("crm.event-marks-view")]
public sealed record EventMarksView([property: Id(0)] long Crawler, [property: Id(1)] long Flood);

/// <summary>One of the newest events. <paramref name="Type"/> is the call (<c>track</c>, ...), <paramref name="ProductId"/> what it is about.</summary>
[GenerateSerializer, Immutable, Alias("crm.newest-event-view")]
public sealed record NewestEventView(
    [property: Id(0)] long AtMs, [property: Id(1)] string Type, [property: Id(2)] string? Name, [property: Id(3)] string? ProductId);

/// <summary>The open cart.</summary>
[GenerateSerializer, Immutable, Alias("crm.cart-view")]
public sealed record CartView(
    [property: Id(0)] IReadOnlyList<CartLineView> Lines,
    [property: Id(1)] IReadOnlyDictionary<string, decimal> Value,
    [property: Id(2)] long ChangedAtMs);

/// <summary>A line of the open cart. <paramref name="Price"/> is null when no readable price was given.</summary>
[GenerateSerializer, Immutable, Alias("crm.cart-line-view")]
public sealed record CartLineView(
    [property: Id(0)] string ProductId,
    [property: Id(1)] long Quantity,
    [property: Id(2)] decimal? Price,
    [property: Id(3)] string Currency);

/// <summary>
/// Recency in days since the last order (in the company's time zone; null without orders), frequency in orders, and monetary:
/// net revenue in the company's base currency, null when no rate is known for a part of it.
/// </summary>
[GenerateSerializer, Immutable, Alias("crm.rfm-view")]
public sealed record RfmView(
    [property: Id(0)] int? RecencyDays,
    [property: Id(1)] int Frequency,
    [property: Id(2)] decimal? Monetary,
    [property: Id(3)] string Currency);

/// <summary>Ratings: how many, and their mean (null for none).</summary>
[GenerateSerializer, Immutable, Alias("crm.rating-view")]
public sealed record RatingView([property: Id(0)] int Count, [property: Id(1)] decimal? Mean);

/// <summary>One merge: who came in, why, when.</summary>
[GenerateSerializer, Immutable, Alias("crm.merge-view")]
public sealed record MergeView(
    [property: Id(0)] string Source, [property: Id(1)] string Into, [property: Id(2)] string Reason, [property: Id(3)] long AtMs);
