using System.Globalization;
using System.Text.Json;
using Crm.Company;
using Crm.Records;
using Crm.Segments;

namespace Crm.Customers;

/// <summary>What segments ask of the profile.</summary>
internal sealed partial class CustomerProfile
{
    /// <summary>The profile as definitions see it.</summary>
    /// <param name="isKnown">By an id: a user's, or that of a person made in the CRM.</param>
    /// <param name="card">What people wrote; null while that is not known.</param>
    /// <param name="company">Its base currency, rates and tiers.</param>
    /// <param name="places">Where those who bought stand; null while too few did.</param>
    /// <param name="nowMs">The moment.</param>
    public ISegmentFacts Facts(bool isKnown, CardFacts? card, CompanySettings company, RfmPlaces? places, long nowMs) => new ProfileFacts(this, isKnown, card, company, places, nowMs);

    private sealed class ProfileFacts(CustomerProfile profile, bool isKnown, CardFacts? card, CompanySettings company, RfmPlaces? places, long nowMs) : ISegmentFacts
    {
        private decimal? _net;
        private bool _isSummed;
        private RfmPlace? _place;
        private bool _isPlaced;

        public RfmPlace? Rfm
        {
            get
            {
                if (!_isPlaced) (_place, _isPlaced) = (Placed(), true);
                return _place;
            }
        }

        public string? Text(Field field) => field.Name switch
        {
            "tier" => Tier(),
            "revenue" => profile.Orders == 0 ? null : "",
            _ when IsWritten(field) => card?.Text(field),
            _ when Trait(field) is { } json => json[0] == '"' ? JsonSerializer.Deserialize<string>(json) : json == "null" ? null : json,
            _ => null,
        };

        public IReadOnlyList<string> Texts(Field field) => field.Name == "groups" ? profile._groups?.Ids() ?? [] : card?.Texts(field) ?? [];

        public decimal? Number(Field field, string? currency) => field.Name switch
        {
            "orders" => profile.Orders,
            "refunds" => profile._orders?.Refunds ?? 0,
            "events" => profile.Events,
            "sessions" => profile._sessions.Count,
            "revenue" when currency is null => Net(),
            "revenue" => (profile._orders?.Sums() ?? new OrderSums()).Revenue.ToDictionary().TryGetValue(currency, out var amount) ? amount : null,
            _ when IsWritten(field) => card?.Number(field, currency),
            _ => Trait(field) is { } json && decimal.TryParse(json.AsSpan().Trim('"'), NumberStyles.Number, CultureInfo.InvariantCulture, out var number) ? number : null,
        };

        public bool? Flag(Field field)
        {
            if (field.Name == "known") return isKnown;
            if (field.Name.StartsWith(SegmentFields.Consent, StringComparison.Ordinal)) return profile._consents?.Given(field.Name[SegmentFields.Consent.Length..]);
            return Trait(field) switch { "true" => true, "false" => false, _ => null };
        }

        public long? Time(Field field) => field.Name switch
        {
            "firstSeen" => profile.FirstSeenMs,
            "lastSeen" => profile.LastSeenMs,
            "firstOrder" => profile._orders?.FirstOrderMs,
            "lastOrder" => profile._orders?.LastOrderMs,
            _ => card?.Time(field),
        };

        public DateOnly? Day(Field field) => card?.Day(field);

        private static bool IsWritten(Field field) => field.Name == SegmentFields.Lifecycle || SegmentFields.PartOf(field.Name) != WrittenParts.None;

        private string? Trait(Field field) =>
            field.Name.StartsWith(SegmentFields.Trait, StringComparison.Ordinal) ? profile._traits?.Get(field.Name[SegmentFields.Trait.Length..]) : null;

        private RfmPlace? Placed() =>
            places is not null && profile.Orders > 0 && profile._orders?.LastOrderMs is { } last && Net() is { } net ? places.Of(last, profile.Orders, net, nowMs) : null;

        private decimal? Net()
        {
            if (!_isSummed) (_net, _isSummed) = (profile._orders is null ? 0 : profile._orders.Net(CompanyMoney.Of(company)), true);
            return _net;
        }

        private string Tier()
        {
            var (reviews, satisfaction) = (profile._reviews ?? new Ratings(), profile._satisfaction ?? new Ratings());
            return ValueTier.Of(company.Tiers, profile.Orders, Net(), profile._sessions.Count, new RatingView(reviews.Count + satisfaction.Count, Ratings.Mean(reviews, satisfaction)));
        }
    }
}
