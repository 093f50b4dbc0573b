using System.Runtime.CompilerServices;
using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>
/// The live profile of one customer: a pure fold of its events. Time comes only from the events, so the same events give the
/// same profile in whatever order they arrive (events of the same millisecond: in the order of arrival). Bad input never fails:
/// what cannot be read is left out and counted.
/// </summary>
internal sealed partial class CustomerProfile
{
    /// <summary>Product categories counted apart; the one seen longest ago goes.</summary>
    private const int MaxCategories = 100;

    /// <summary>Search texts kept; the one used longest ago goes.</summary>
    private const int MaxSearches = 30;

    /// <summary>Longest category or search text in characters; longer ones are cut.</summary>
    private const int MaxTextLength = 100;

    private readonly ExternalIds _externalIds = new();
    private readonly Sessions _sessions = new();
    private readonly NewestEvents _newest = new();
    private TypeCounts _types;
    private NameCounts? _names;
    private Traits? _traits;
    private Groups? _groups;
    private Cart? _cart;
    private Orders? _orders;
    private Products? _products;
    private RecentCounts? _categories;
    private RecentCounts? _searches;
    private Ratings? _reviews;
    private Ratings? _satisfaction;
    private EventMarks? _marks;
    private Consents? _consents;
    private Interest? _interest;

    /// <summary>An empty one.</summary>
    public CustomerProfile()
    {
    }

    private CustomerProfile(ExternalIds externalIds, Sessions sessions, NewestEvents newest)
    {
        _externalIds = externalIds;
        _sessions = sessions;
        _newest = newest;
    }

    /// <summary>Grows by one with every event; the sum of both after a merge, one more for both after it was taken back.</summary>
    public long Version { get; private set; }

    /// <summary>What callers were shown was newer than this many events say: the next version they see is above all of them.</summary>
    public void RaiseVersion(long above) => Version = Math.Max(Version, above + 1);

    /// <summary>Events folded.</summary>
    public long Events { get; private set; }

    /// <summary>Values that could not be read.</summary>
    public long Faults { get; private set; }

    public long? FirstSeenMs { get; private set; }

    public long? LastSeenMs { get; private set; }

    /// <summary>Completed orders.</summary>
    public int Orders => _orders?.Count ?? 0;

    /// <summary>Folds one event.</summary>
    public void Fold(BehaviourEvent happened)
    {
        var at = ProfileTime.Clamp(happened.TimestampMs);
        Version++;
        Events++;
        FirstSeenMs = Math.Min(FirstSeenMs ?? at, at);
        LastSeenMs = Math.Max(LastSeenMs ?? at, at);
        if ((happened.Faults & EventFaults.Timestamp) != 0) Faults++;
        if (EventMarks.Any(happened.Faults)) (_marks ??= new EventMarks()).Add(happened.Faults);
        _sessions.Visit(at);
        Seen(ExternalIdKinds.UserId, happened.UserId, at);
        Seen(ExternalIdKinds.AnonymousId, happened.AnonymousId, at);
        FoldIds(happened, at);

        if (Consents.Mentioned(happened.Body.Span)) FoldConsent(happened, at);
        var name = happened.Name is { Length: > 0 } given ? CleanName(given) : null;
        var meaning = happened.Type == EventType.Track && name is not null ? EcommerceNames.Of(name) : Meaning.None;
        string? product = null;
        if (happened.Type == EventType.Track && name is not null)
        {
            (_names ??= new NameCounts()).Add(name);
            product = FoldTrack(meaning, happened, at);
        }
        else if (happened.Type == EventType.Identify)
        {
            FoldIdentify(happened, at);
        }
        else if (happened.Type == EventType.Group)
        {
            FoldGroup(happened, at);
        }

        if (happened.Type is < EventType.Track or > EventType.Alias) return;
        _types[(int)happened.Type]++;

        // No clock of a client makes an event younger than its receipt.
        if (InterestWeights.Of(happened.Type, meaning, name, happened.Faults) is not 0 and var weight)
            (_interest ??= new Interest()).Add(Math.Min(at, ProfileTime.Clamp(happened.ReceivedAtMs)), weight);
        _newest.Add(new NewestEvent(at, happened.Type, name, product));
    }

    /// <summary>Ids for look-up that a stored row is still to name.</summary>
    public bool HasNewNames
    {
        get => _externalIds.HasNew;
        set => _externalIds.HasNew = value;
    }

    /// <summary>The ids by which this customer is looked up.</summary>
    public IReadOnlyList<ExternalId> Names() => _externalIds.Named();

    /// <summary>All ids outside of the CRM that the person was seen with, of every kind.</summary>
    public IEnumerable<string> SeenIds() => _externalIds.All();

    /// <summary>Merges another customer's profile in, as if its events had been folded here too. The other one is not changed.</summary>
    public void Absorb(CustomerProfile other)
    {
        Version += other.Version;
        Events += other.Events;
        Faults += other.Faults;
        if (other.FirstSeenMs is { } first) FirstSeenMs = Math.Min(FirstSeenMs ?? first, first);
        if (other.LastSeenMs is { } last) LastSeenMs = Math.Max(LastSeenMs ?? last, last);
        for (var type = 0; type < TypeCounts.Length; type++) _types[type] += other._types[type];
        _externalIds.Absorb(other._externalIds);
        _sessions.Absorb(other._sessions);
        _newest.Absorb(other._newest);
        if (other._names is not null) (_names ??= new NameCounts()).Absorb(other._names);
        if (other._traits is not null) (_traits ??= new Traits(TraitBounds.Person)).Absorb(other._traits);
        if (other._groups is not null) (_groups ??= new Groups()).Absorb(other._groups);
        if (other._cart is not null) (_cart ??= new Cart()).Absorb(other._cart);
        if (other._products is not null) (_products ??= new Products()).Absorb(other._products);
        if (other._orders is not null) (_orders ??= new Orders()).Absorb(other._orders, _products ??= new Products());
        if (other._categories is not null) (_categories ??= new RecentCounts(MaxCategories)).Absorb(other._categories);
        if (other._searches is not null) (_searches ??= new RecentCounts(MaxSearches)).Absorb(other._searches);
        if (other._reviews is not null) (_reviews ??= new Ratings()).Absorb(other._reviews);
        if (other._satisfaction is not null) (_satisfaction ??= new Ratings()).Absorb(other._satisfaction);
        if (other._marks is not null) (_marks ??= new EventMarks()).Absorb(other._marks);
        if (other._consents is not null) (_consents ??= new Consents()).Absorb(other._consents);
        if (other._interest is not null) (_interest ??= new Interest()).Absorb(other._interest);
    }

    private void FoldIdentify(BehaviourEvent happened, long at)
    {
        if (!TryRead(happened, out var body)) return;
        if (body.TraitsOnce.Kind == System.Text.Json.JsonTokenType.StartObject)
            Faults += (_traits ??= new Traits(TraitBounds.Person)).SetOnce(body.TraitsOnce, at);
        var traits = body.IdentifyTraits();
        if (traits.IsMissing) return;
        if (traits.Kind != System.Text.Json.JsonTokenType.StartObject)
        {
            Faults++;
            return;
        }

        Faults += (_traits ??= new Traits(TraitBounds.Person)).Set(traits, at);
        var members = new JsonMembers(traits.Raw);
        while (members.Next())
        {
            var value = members.Value;
            if (members.Name.SequenceEqual("email"u8)) SeenByName(ExternalId.Email, value.Text(CustomerId.MaxLength), happened.FromServer, at);
            else if (members.Name.SequenceEqual("phone"u8)) SeenByName(ExternalId.Phone, value.Text(CustomerId.MaxLength), happened.FromServer, at);
        }
    }

    private void FoldConsent(BehaviourEvent happened, long at)
    {
        if (!EventBody.TryRead(happened.Body.Span, out var body)) return;
        var consents = _consents ?? new Consents();
        Faults += consents.Fold(body.Context, at);
        if (!consents.IsEmpty) _consents = consents;
    }

    private void FoldGroup(BehaviourEvent happened, long at)
    {
        if (!TryRead(happened, out var body)) return;
        if (body.GroupId.Text(CustomerId.MaxLength) is not { } id)
        {
            Faults++;
            return;
        }

        _groups ??= new Groups();
        var isObject = body.Traits.Kind == System.Text.Json.JsonTokenType.StartObject;
        if (isObject) Faults += _groups.Seen(id, body.Traits, at);
        else _groups.Seen(id, at);
        if (!isObject && !body.Traits.IsMissing) Faults++;
    }

    private void Seen(string kind, string? id, long at)
    {
        if (id is { Length: > 0 and <= CustomerId.MaxLength }) _externalIds.Seen(kind, id, at);
    }

    private bool TryRead(BehaviourEvent happened, out EventBody body)
    {
        if (EventBody.TryRead(happened.Body.Span, out body)) return true;
        Faults++;
        return false;
    }

    private static string CleanName(string name)
    {
        var cut = JsonText.Cut(name, NameCounts.MaxNameLength);
        if (cut.IndexOfAnyInRange('\uD800', '\uDFFF') < 0 && !cut.Contains('\0'))
            return cut.Length == name.Length ? TextPool.Get(name) : TextPool.Get(cut);
        Span<char> clean = stackalloc char[NameCounts.MaxNameLength];
        cut.CopyTo(clean);
        JsonText.Repair(clean[..cut.Length]);
        return TextPool.Get(clean[..cut.Length]);
    }

    /// <summary>Counts by <see cref="EventType"/>; the first place stays empty.</summary>
    [InlineArray(Length)]
    private struct TypeCounts
    {
        public const int Length = (int)EventType.Alias + 1;
        private long _first;
    }
}
