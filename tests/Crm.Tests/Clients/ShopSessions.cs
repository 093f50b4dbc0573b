using System.Globalization;
using System.Text.Json.Serialization;

namespace Crm.Clients;

/// <summary>What one published client can say, and how.</summary>
/// <param name="Name">Of the driver in <c>tests/clients/drivers</c>, and of the people it tells of.</param>
/// <param name="Alias">It can say that one id is another.</param>
/// <param name="Group">It can name a person's company.</param>
/// <param name="LinksByAlias">Visitor and user are linked by an alias instead of an identify that carries both.</param>
/// <param name="Copies">The caller gives an event its id, so it can send the same one twice.</param>
/// <param name="InBrowser">It knows its visitor itself and calls at once: nothing of a visitor comes late.</param>
/// <param name="Snake">It names events as <c>order_completed</c>.</param>
/// <param name="RetriesAsUser">What a visitor did is sent again with the id of the user that the visitor has become meanwhile.</param>
internal sealed record ClientKind(
    string Name,
    bool Alias = true,
    bool Group = true,
    bool LinksByAlias = false,
    bool Copies = true,
    bool InBrowser = false,
    bool Snake = false,
    bool RetriesAsUser = false)
{
    public string EventName(string name) => Snake ? name.ToLowerInvariant().Replace(' ', '_') : name;

    public override string ToString() => Name;
}

/// <summary>One call to a client. Which of the ids are given is what the call carries.</summary>
internal sealed record Step
{
    public required string Call { get; init; }

    /// <summary>The browser in which it happens.</summary>
    public required string Device { get; init; }

    public string? AnonymousId { get; init; }

    public string? UserId { get; init; }

    public string? PreviousId { get; init; }

    public string? Event { get; init; }

    public string? GroupId { get; init; }

    /// <summary>Properties or traits.</summary>
    public Dictionary<string, object> Fields { get; init; } = [];

    public required string MessageId { get; init; }

    public required string At { get; init; }

    /// <summary>How many times it is said, with the same messageId.</summary>
    public int Times { get; init; } = 1;

    /// <summary>Whether it says that the two ids are one person.</summary>
    [JsonIgnore]
    public bool Links => (UserId is not null && AnonymousId is not null) || PreviousId is not null;
}

/// <summary>
/// People of a shop, the same for the same client and number: visitors who become known before, amid or after what they do, on one
/// device or two, under an old id and a new one; who search, view, fill carts, buy in four currencies, and give back.
/// </summary>
internal sealed class ShopSessions
{
    private static readonly (string Currency, decimal Unit)[] s_money = [("USD", 0.01m), ("EUR", 0.01m), ("CNY", 0.01m), ("JPY", 1m)];

    private readonly ClientKind _client;
    private readonly int _person;
    private readonly string _key;
    private readonly DateTimeOffset _begin;
    private readonly List<Step> _steps = [];
    private readonly string _user;
    private string? _signedIn;
    private string _device;

    private ShopSessions(ClientKind client, int person, DateTimeOffset begin)
    {
        _client = client;
        _person = person;
        _key = $"{client.Name}-{person}";
        _user = "user-" + _key;
        _device = "d-" + _key;
        _begin = begin;
    }

    /// <summary>All calls, those of each person in order, the people's among each other.</summary>
    /// <param name="begin">When the first person comes; everything is over an hour later.</param>
    public static IReadOnlyList<Step> Of(ClientKind client, int people, DateTimeOffset begin)
    {
        var each = Enumerable.Range(0, people).Select(person => new ShopSessions(client, person, begin).Steps()).ToArray();
        return [.. each.SelectMany(steps => steps.Select((step, order) => (step, order))).OrderBy(pair => pair.order).Select(pair => pair.step)];
    }

    private List<Step> Steps()
    {
        var isKnown = _person % 7 != 6;
        if (isKnown && _person % 3 == 1) BecomeKnown();
        Say("page");
        for (var i = 0; i <= _person % 4; i++) Track("Product Viewed", ("product_id", Product(i)), ("category", "Shelf " + (i % 2)), ("price", Price(i)), ("currency", Currency));
        if (isKnown && _person % 3 == 2) BecomeKnown();
        if (_person % 2 == 1) Track("Products Searched", ("query", "水壶 kettle"));
        for (var i = 0; i < 1 + (_person % 3); i++) Track("Product Added", Line(i));
        if (_person % 3 == 1) Track("Product Removed", Line(0));
        if (isKnown && _person % 3 == 0) BecomeKnown();
        if (_person % 2 == 0) Order(1);
        if (_person % 5 == 0) Order(2);
        if (_person % 10 == 0) Track("Order Refunded", ("order_id", "o-2-" + _key), ("total", 3 * Unit), ("currency", Currency));
        if (isKnown && _client.Group && _person % 4 == 0) Say("group", groupId: "g-" + _client.Name, fields: [("name", "Acme & 公司")]);
        if (isKnown && _person % 3 == 0) SecondDevice();
        if (isKnown && !_client.InBrowser && _person % 4 == 1) Late();
        return _steps;
    }

    private string Currency => s_money[_person % s_money.Length].Currency;

    private decimal Unit => s_money[_person % s_money.Length].Unit;

    private static string Product(int i) => $"p-{i}";

    /// <summary>Sums of such prices are no round numbers in binary.</summary>
    private decimal Price(int i) => ((1_999 + (_person * 7) + (i * 1_310)) * Unit);

    private (string, object)[] Line(int i) =>
        [("product_id", Product(i)), ("price", Price(i)), ("quantity", 1 + ((_person + i) % 3)), ("currency", Currency)];

    private void BecomeKnown()
    {
        if (_client.Alias && _person % 5 == 3)
        {
            Identify("old-" + _key);
            Track("Product Viewed", ("product_id", "p-9"));
            Say("alias", userId: _user, previousId: "old-" + _key);
            _signedIn = _user;
            return;
        }

        Identify(_user);
    }

    private void Identify(string user)
    {
        (string, object)[] traits = [("name", "Ada " + _person), ("email", $"{user}@example.com"), ("age", 20 + _person)];
        if (_client.LinksByAlias)
        {
            Say("identify", userId: user, fields: traits);
            Say("alias", userId: user, previousId: _device);
        }
        else
        {
            Say("identify", userId: user, anonymousId: _device, fields: traits);
        }

        _signedIn = user;
    }

    private void Order(int number)
    {
        var lines = Enumerable.Range(0, 1 + (_person % 3)).ToArray();
        var revenue = lines.Sum(i => Price(i) * (1 + ((_person + i) % 3)));
        var products = lines.Select(i => (object)Line(i).ToDictionary(f => f.Item1, f => f.Item2)).ToArray();
        // Half of the shops send numbers as text.
        object Amount(decimal amount) => _person % 4 < 2 ? amount : amount.ToString(CultureInfo.InvariantCulture);
        Track(
            _person % 4 == 2 ? "Completed Order" : "Order Completed",
            ("order_id", $"o-{number}-{_key}"), ("revenue", Amount(revenue)), ("shipping", Amount(500 * Unit)), ("total", Amount(revenue + (500 * Unit))),
            ("currency", Currency), ("products", products));
    }

    private void SecondDevice()
    {
        var user = _signedIn!;
        (_device, _signedIn) = ("e-" + _key, null);
        Say("page");
        Track("Product Viewed", ("product_id", "p-5"));
        Identify(user);
        Track("Product Added", Line(1));
    }

    /// <summary>What the visitor did comes after it was said who it is.</summary>
    private void Late()
    {
        _signedIn = null;
        Track("Product Viewed", ("product_id", "p-7"));
        Track("Wishlist Shared", ("list", "late"));
    }

    private void Track(string name, params (string, object)[] fields) => Say("track", name: _client.EventName(name), fields: fields);

    private void Say(
        string call, string? name = null, string? userId = null, string? anonymousId = null, string? previousId = null, string? groupId = null, (string Name, object Value)[]? fields = null)
    {
        var given = userId ?? _signedIn;
        _steps.Add(new Step
        {
            Call = call,
            Device = _device,
            UserId = given,
            AnonymousId = given is null ? _device : anonymousId,
            PreviousId = previousId,
            Event = name,
            GroupId = groupId,
            Fields = (fields ?? []).ToDictionary(f => f.Name, f => f.Value),
            MessageId = $"m-{_key}-{_steps.Count}",
            At = _begin.AddSeconds((_steps.Count * 60) + _person).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            Times = _client.Copies && (_steps.Count + _person) % 9 == 4 ? 2 : 1,
        });
    }
}
