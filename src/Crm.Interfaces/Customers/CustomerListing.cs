using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Crm.Customers;

/// <summary>What lists show of a live customer: columns beside its card.</summary>
public sealed record CustomerListing
{
    /// <summary>The customer that it was merged into; null while it is one itself.</summary>
    public string? MovedTo { get; init; }

    /// <summary>Of the profile.</summary>
    public required long Version { get; init; }

    public DateTimeOffset? FirstSeen { get; init; }

    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>Time of the last completed order.</summary>
    public DateTimeOffset? LastOrder { get; init; }

    /// <summary>Completed orders.</summary>
    public required int Orders { get; init; }

    /// <summary>Net revenue in <see cref="Currency"/>, with its digits; null for who never ordered, and where a rate is missing.</summary>
    public decimal? Revenue { get; init; }

    /// <summary>The base currency.</summary>
    public required string Currency { get; init; }

    /// <summary>The value tier.</summary>
    public required string Tier { get; init; }

    /// <summary>One of <see cref="Lifecycles"/>, without regard to the time that passes.</summary>
    public required string Stage { get; init; }

    public required long Events { get; init; }

    public required int Sessions { get; init; }

    /// <summary>A model's score; null without one.</summary>
    public decimal? Score { get; init; }

    /// <summary>As events said it.</summary>
    public string? Name { get; init; }

    /// <inheritdoc cref="Name"/>
    public string? Email { get; init; }

    /// <inheritdoc cref="Name"/>
    public string? Phone { get; init; }

    /// <summary>Tells whether what changes with every event is the same: last seen, events, sessions, version, score.</summary>
    public ulong FastHash() => Hash(string.Create(CultureInfo.InvariantCulture, $"{LastSeen?.UtcTicks}|{Events}|{Sessions}|{Version}|{Score}"));

    /// <summary>Tells whether all the rest is the same.</summary>
    public ulong SlowHash() => Hash(string.Create(CultureInfo.InvariantCulture,
        $"{MovedTo}\0{FirstSeen?.UtcTicks}|{LastOrder?.UtcTicks}|{Orders}|{Revenue}|{Currency}|{Tier}|{Stage}\0{Name}\0{Email}\0{Phone}"));

    private static ulong Hash(string text) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan()));
}
