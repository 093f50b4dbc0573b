namespace Crm.Privacy;

/// <summary>What consent means in this company.</summary>
[GenerateSerializer, Immutable, Alias("crm.privacy-settings")]
public sealed record PrivacySettings
{
    /// <summary>Most purposes: what a person can be asked about, and a profile can carry, has an end.</summary>
    public const int MaxPurposes = 50;

    /// <summary>What data are used for, each purpose once. What is not listed is not allowed.</summary>
    [Id(0)] public IReadOnlyList<PurposeRule> Purposes { get; init; } =
    [
        new("analytics", "analytics"),
        new("personalization", "personalization"),
        new("marketing", "marketing"),
        new("advertising", "advertising", AllowedUnasked: false, GpcDenies: true),
    ];

    /// <inheritdoc/>
    public bool Equals(PrivacySettings? other) => other is not null && Purposes.SequenceEqual(other.Purposes);

    /// <inheritdoc/>
    public override int GetHashCode() => Purposes.Count;
}

/// <summary>When data may be used for a purpose.</summary>
/// <param name="Purpose">Its name, in lower case.</param>
/// <param name="Category">The consent category that people choose about, as their consent banner calls it; compared without case.</param>
/// <param name="AllowedUnasked">Whether it is allowed for those who have made no choice.</param>
/// <param name="GpcDenies">Whether a Global Privacy Control signal denies it, whatever was chosen.</param>
[GenerateSerializer, Immutable, Alias("crm.purpose-rule")]
public sealed record PurposeRule(
    [property: Id(0)] string Purpose,
    [property: Id(1)] string Category,
    [property: Id(2)] bool AllowedUnasked = true,
    [property: Id(3)] bool GpcDenies = false);
