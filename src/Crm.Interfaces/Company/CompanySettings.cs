using System.Globalization;
using Crm.Privacy;
using Crm.Records;

namespace Crm.Company;

/// <summary>What holds for the whole company. An Orleans document; every silo keeps a copy no older than some seconds.</summary>
[GenerateSerializer, Immutable, Alias("crm.company-settings")]
public sealed record CompanySettings
{
    /// <summary>What a change is answered that was decided on settings that are no more.</summary>
    public const string Stale = "The settings were changed meanwhile.";

    /// <summary>ISO 4217 code that amounts are compared in.</summary>
    [Id(0)] public string BaseCurrency { get; init; } = "USD";

    /// <summary>IANA time zone in which "today" begins.</summary>
    [Id(1)] public string TimeZone { get; init; } = "Etc/UTC";

    /// <summary>Dated rates into the base currency. The newest at or before a day holds for it.</summary>
    [Id(2)] public IReadOnlyList<ExchangeRate> Rates { get; init; } = [];

    /// <summary>The rule of the value tiers.</summary>
    [Id(3)] public TierRule Tiers { get; init; } = new();

    /// <summary>What people's data may be used for.</summary>
    [Id(4)] public PrivacySettings Privacy { get; init; } = new();

    /// <summary>How it sells.</summary>
    [Id(5)] public SalesSettings Sales { get; init; } = new();

    /// <summary>Where phone numbers without a country are: an ISO 3166-1 code such as DE. Null for nowhere: then only those with a + are read.</summary>
    [Id(6)] public string? PhoneRegion { get; init; }

    /// <summary>Counts its changes, from 1; set by the grain.</summary>
    [Id(7)] public long Version { get; init; }

    /// <summary>Who changed them last, and what. It is stored with them, so that the audit has the line of each change that is stored, and of no other.</summary>
    [Id(8)] public SettingsChange? LastChange { get; init; }

    /// <summary>Names all that the worth of money depends on.</summary>
    public string WorthTerms() => string.Create(
        CultureInfo.InvariantCulture,
        $"{BaseCurrency}\n{TimeZone}\n{string.Join('\n', Rates.OrderBy(r => r.Currency, StringComparer.Ordinal).ThenBy(r => r.From))}");
}

/// <summary>A change of settings, as the audit tells it.</summary>
/// <param name="Changes">A JSON object: each field that differs, with what it was and what it is.</param>
[GenerateSerializer, Immutable, Alias("crm.settings-change")]
public sealed record SettingsChange(
    [property: Id(0)] DateTimeOffset At, [property: Id(1)] string By, [property: Id(2)] string? Address, [property: Id(3)] string Changes);

/// <summary>From <paramref name="From"/> on, one unit of <paramref name="Currency"/> is <paramref name="Rate"/> units of the base currency.</summary>
[GenerateSerializer, Immutable, Alias("crm.exchange-rate")]
public sealed record ExchangeRate(
    [property: Id(0)] string Currency, [property: Id(1)] DateOnly From, [property: Id(2)] decimal Rate);

/// <summary>
/// Value tiers over purchases, reviews and visits. High-value: enough money or orders; or some orders with content reviews and
/// frequent visits. Ordinary: any order. Potential: everyone else.
/// </summary>
[GenerateSerializer, Immutable, Alias("crm.tier-rule")]
public sealed record TierRule
{
    /// <summary>Net revenue in the base currency from which a customer is high-value.</summary>
    [Id(0)] public decimal HighValueMonetary { get; init; } = 1_000m;

    /// <summary>Orders from which a customer is high-value.</summary>
    [Id(1)] public int HighValueOrders { get; init; } = 10;

    /// <summary>Orders that suffice together with reviews and visits.</summary>
    [Id(2)] public int EngagedOrders { get; init; } = 3;

    /// <summary>Reviews and satisfaction ratings that suffice together with orders and visits.</summary>
    [Id(3)] public int EngagedReviews { get; init; } = 2;

    /// <summary>Least mean of those ratings, of 5.</summary>
    [Id(4)] public decimal EngagedRating { get; init; } = 4m;

    /// <summary>Visits that suffice together with orders and reviews.</summary>
    [Id(5)] public int EngagedVisits { get; init; } = 10;
}

/// <summary>The company's settings document. Key: 0.</summary>
[Alias("crm.company")]
public interface ICompanyGrain : IGrainWithIntegerKey
{
    /// <summary>The settings.</summary>
    [Alias("get")]
    Task<CompanySettings> Get();

    /// <summary>Replaces the settings; answers what is wrong with them, or null.</summary>
    /// <param name="settings">As they are to be; their version is not looked at.</param>
    /// <param name="cause">Who changes them, for the audit.</param>
    /// <param name="version">The version that they were decided on: others are refused as <see cref="CompanySettings.Stale"/>. Null for any.</param>
    [Alias("change")]
    Task<string?> Set(CompanySettings settings, ChangeCause cause, long? version = null);
}
