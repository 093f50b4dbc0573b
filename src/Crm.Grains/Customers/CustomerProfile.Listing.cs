using System.Globalization;
using Crm.Company;

namespace Crm.Customers;

/// <summary>What lists show of the profile.</summary>
internal sealed partial class CustomerProfile
{
    /// <summary>The same values as in <see cref="View"/>, without making all of it: each write of a row asks for them.</summary>
    /// <param name="isKnown">By an id: a user's, or that of a person made in the CRM.</param>
    public CustomerListing Listing(bool isKnown, string? movedTo, CompanySettings company)
    {
        var net = _orders is null ? 0 : _orders.Net(CompanyMoney.Of(company));
        var reviews = _reviews?.Count ?? 0;
        var satisfaction = _satisfaction?.Count ?? 0;
        var ratings = reviews + satisfaction == 0
            ? new RatingView(0, null)
            : new RatingView(reviews + satisfaction, Ratings.Mean(_reviews ?? new Ratings(), _satisfaction ?? new Ratings()));
        return new CustomerListing
        {
            MovedTo = movedTo,
            Version = Version,
            FirstSeen = At(FirstSeenMs),
            LastSeen = At(LastSeenMs),
            LastOrder = At(_orders?.LastOrderMs),
            Orders = Orders,
            Revenue = Orders == 0 && net == 0 ? null : Rounded(net, company.BaseCurrency),
            Currency = company.BaseCurrency,
            Tier = ValueTier.Of(company.Tiers, Orders, net, _sessions.Count, ratings),
            Stage = Lifecycles.Stage(Orders, isKnown || _externalIds.Newest(ExternalId.Email) is not null || _externalIds.Newest(ExternalId.Phone) is not null),
            Events = Events,
            Sessions = _sessions.Count,
            Name = _traits is null ? null : KnownPerson.Name(_traits.Get),
            Email = KnownPerson.Id(_traits?.Get("email"), _externalIds.Newest(ExternalId.Email)),
            Phone = KnownPerson.Id(_traits?.Get("phone"), _externalIds.Newest(ExternalId.Phone)),
        };
    }

    private static DateTimeOffset? At(long? ms) => ms is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    // As the profile shows it, with the currency's digits.
    private static decimal? Rounded(decimal? net, string currency) =>
        net is { } sum ? decimal.Parse(Currencies.Format(sum, currency), CultureInfo.InvariantCulture) : null;
}
