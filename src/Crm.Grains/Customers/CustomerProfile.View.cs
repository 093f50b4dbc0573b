using Crm.Clickstream;
using Crm.Company;

namespace Crm.Customers;

/// <summary>What the profile answers.</summary>
internal sealed partial class CustomerProfile
{
    /// <summary>The profile as it is answered: a copy, in an order that does not depend on the order of arrival.</summary>
    /// <param name="company">Its base currency, rates, time zone and tiers.</param>
    /// <param name="now">Decides what "today" is.</param>
    public CustomerView View(
        string id, IReadOnlyList<string> lanes, IReadOnlyList<MergeView> merges, CompanySettings company, DateTimeOffset now)
    {
        var sums = _orders?.Sums() ?? new OrderSums();
        var rfm = Rfm(CompanyMoney.Of(company), now);
        var reviews = _reviews ?? new Ratings();
        var satisfaction = _satisfaction ?? new Ratings();
        var ratings = new RatingView(reviews.Count + satisfaction.Count, Ratings.Mean(reviews, satisfaction));
        return new CustomerView
        {
            Id = id,
            Lanes = lanes,
            Merges = merges,
            Version = Version,
            FirstSeenMs = FirstSeenMs,
            LastSeenMs = LastSeenMs,
            ExternalIds = _externalIds.View(),
            Traits = _traits?.View() ?? [],
            Groups = _groups?.View() ?? [],
            CountsByType = Types(),
            CountsByEvent = _names?.View() ?? [],
            Orders = Orders,
            Revenue = sums.Revenue.ToDictionary(),
            OrderTotal = sums.Total.ToDictionary(),
            Refunds = _orders?.Refunds ?? 0,
            Refunded = sums.Refunded.ToDictionary(),
            Products = (_products ?? new Products()).View(_orders?.OpenLines() ?? []),
            Cart = _cart?.View(),
            Sessions = _sessions.Count,
            Rfm = rfm,
            Tier = ValueTier.Of(company.Tiers, Orders, rfm.Monetary, _sessions.Count, ratings),
            FirstOrderMs = _orders?.FirstOrderMs,
            LastOrderMs = _orders?.LastOrderMs,
            Reviews = reviews.View(),
            Satisfaction = satisfaction.View(),
            Categories = _categories?.View() ?? [],
            Searches = _searches?.View() ?? [],
            Faults = Faults,
            Newest = Newest(),
            NewestWeights = Weights(),
            Marks = _marks?.View() ?? new EventMarksView(0, 0),
            Interest = _interest?.View() ?? [],
            Consent = (_consents ?? new Consents()).View(company.Privacy),
        };
    }

    // The scale of a sum tells in which order it was made; its value does not. Division by one with all digits drops the zeros.
    private static decimal? WithoutTrailingZeros(decimal? sum) => sum / 1.0000000000000000000000000000m;

    private RfmView Rfm(CompanyMoney company, DateTimeOffset now)
    {
        int? recency = null;
        if (_orders?.LastOrderMs is { } last)
            recency = Math.Max(0, company.Day(now).DayNumber - company.Day(ProfileTime.At(last)).DayNumber);
        return new RfmView(recency, Orders, _orders is null ? 0 : WithoutTrailingZeros(_orders.Net(company)), company.Base);
    }

    private Dictionary<string, long> Types()
    {
        var counts = new Dictionary<string, long>();
        for (var type = EventType.Track; type <= EventType.Alias; type++)
        {
            if (_types[(int)type] is > 0 and var count) counts.Add(Name(type), count);
        }

        return counts;
    }

    private NewestEventView[] Newest()
    {
        var newest = new NewestEventView[_newest.Count];
        var at = 0;
        foreach (ref readonly var happened in _newest.All)
            newest[^++at] = new NewestEventView(happened.AtMs, Name(happened.Type), happened.Name, happened.ProductId);
        return newest;
    }

    private int[] Weights()
    {
        var weights = new int[_newest.Count];
        var at = 0;
        foreach (ref readonly var happened in _newest.All)
            weights[^++at] = InterestWeights.Of(happened.Type, happened is { Type: EventType.Track, Name: { } name } ? EcommerceNames.Of(name) : Meaning.None, happened.Name);
        return weights;
    }

    private static string Name(EventType type) => type switch
    {
        EventType.Track => "track",
        EventType.Identify => "identify",
        EventType.Page => "page",
        EventType.Screen => "screen",
        EventType.Group => "group",
        _ => "alias",
    };
}
