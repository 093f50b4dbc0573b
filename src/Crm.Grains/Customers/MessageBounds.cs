namespace Crm.Customers;

/// <summary>How many messages a customer's row holds, how large the pages are that leave it, and how many are held in memory.</summary>
internal sealed record MessageBounds
{
    /// <summary>
    /// Hashes that stay in the row when a page leaves it. With a page of 128 a busy customer's row holds 64 to 192 of them, 0.6 to
    /// 1.8 KB, and nearly all customers have fewer in a day: they never have a page.
    /// </summary>
    public int RingHashes { get; init; } = MessageRing.AlwaysKept;

    /// <summary>Hashes of a page: 1 KB. Written once, where the row is written every second or so.</summary>
    public int PageHashes { get; init; } = 128;

    /// <summary>
    /// Hashes of pages in memory, 16 MB of the busiest customer. A customer at the limit of 1,200 events a minute has 1.8 million in
    /// 25 hours. Beyond it (a long import) the oldest are forgotten.
    /// </summary>
    public int MaxHashes { get; init; } = 2 * 1024 * 1024;
}
