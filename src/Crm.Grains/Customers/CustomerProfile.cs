using Crm.Clickstream;
using Crm.Company;

namespace Crm.Customers;

/// <summary>
/// The live profile of one customer: a pure fold of its events. Time comes only from the events, so the same events give the
/// same profile, in whatever order they arrive.
/// </summary>
internal sealed class CustomerProfile
{
    private const byte StoredVersion = 1;

    public long Version { get; private set; }

    public long Events { get; private set; }

    public long? FirstSeenMs { get; private set; }

    public long? LastSeenMs { get; private set; }

    public int Orders { get; private set; }

    public void Fold(BehaviourEvent happened)
    {
        Version++;
        Events++;
        FirstSeenMs = Math.Min(FirstSeenMs ?? long.MaxValue, happened.TimestampMs);
        LastSeenMs = Math.Max(LastSeenMs ?? long.MinValue, happened.TimestampMs);
    }

    public void Absorb(CustomerProfile other)
    {
        Version += other.Version;
        Events += other.Events;
        if (other.FirstSeenMs is { } first) FirstSeenMs = Math.Min(FirstSeenMs ?? long.MaxValue, first);
        if (other.LastSeenMs is { } last) LastSeenMs = Math.Max(LastSeenMs ?? long.MinValue, last);
    }

    public void Write(PackWriter output)
    {
        output.Byte(StoredVersion);
        output.Number(Version);
        output.Number(Events);
        if (Events == 0) return;
        output.Number(FirstSeenMs ?? 0);
        output.Number(LastSeenMs ?? 0);
    }

    public static CustomerProfile Read(ref PackReader input)
    {
        var version = input.Byte();
        if (version != StoredVersion)
            throw new InvalidDataException($"A stored profile has version {version}; this build reads version {StoredVersion}.");
        var profile = new CustomerProfile { Version = input.Number(), Events = input.Number() };
        if (profile.Events == 0) return profile;
        profile.FirstSeenMs = input.Number();
        profile.LastSeenMs = input.Number();
        return profile;
    }

    public CustomerView View(
        string id, IReadOnlyList<string> lanes, IReadOnlyList<MergeView> merges, CompanySettings company, DateTimeOffset now)
    {
        var none = new Dictionary<string, long>();
        var noMoney = new Dictionary<string, decimal>();
        return new CustomerView
        {
            Id = id,
            Lanes = lanes,
            Merges = merges,
            Version = Version,
            FirstSeenMs = FirstSeenMs,
            LastSeenMs = LastSeenMs,
            ExternalIds = new Dictionary<string, IReadOnlyList<string>>(),
            Traits = new Dictionary<string, string>(),
            Groups = new Dictionary<string, IReadOnlyDictionary<string, string>>(),
            CountsByType = none,
            CountsByEvent = none,
            Orders = Orders,
            Revenue = noMoney,
            OrderTotal = noMoney,
            Refunds = 0,
            Refunded = noMoney,
            Products = new ProductsView(none, none, none, none),
            Sessions = 0,
            Rfm = new RfmView(null, Orders, null, company.BaseCurrency),
            Tier = "potential",
            Reviews = new RatingView(0, null),
            Satisfaction = new RatingView(0, null),
            Categories = none,
            Searches = none,
            Faults = 0,
        };
    }
}
