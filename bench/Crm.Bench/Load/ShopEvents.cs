namespace Crm.Bench;

/// <summary>
/// The events of a shop's visitors, about 270 bytes each. Seven customers of ten are known users, three are visitors without a
/// user id; each customer's events come under one id, as a shop's server sends them.
/// </summary>
internal sealed class ShopEvents
{
    /// <summary>Products of the shop.</summary>
    public const int Products = 2_000;

    private const string Context = "\"context\":{\"ip\":\"203.0.113.7\",\"locale\":\"en-US\"}";

    // Of 256 events: how often each comes.
    private static readonly (int Weight, string Text)[] s_mix =
    [
        (110, "\"type\":\"page\",\"name\":\"Product\",\"properties\":{\"path\":\"/products/p<product>\",\"url\":\"https://shop.example/products/p<product>\",\"referrer\":\"https://shop.example/\"}"),
        (80, "\"type\":\"track\",\"event\":\"Product Viewed\",\"properties\":{\"product_id\":\"p<product>\",\"category\":\"Games\",\"name\":\"Product <product>\",\"price\":<price>.50}"),
        (20, "\"type\":\"track\",\"event\":\"Product Added\",\"properties\":{\"product_id\":\"p<product>\",\"category\":\"Games\",\"price\":<price>.50,\"quantity\":1}"),
        (6, "\"type\":\"track\",\"event\":\"Product Removed\",\"properties\":{\"product_id\":\"p<product>\",\"category\":\"Games\",\"price\":<price>.50,\"quantity\":1}"),
        (16, "\"type\":\"track\",\"event\":\"Products Searched\",\"properties\":{\"query\":\"board game <price>\"}"),
        (10, "\"type\":\"track\",\"event\":\"Order Completed\",\"properties\":{\"order_id\":\"o<number>\",\"total\":<total>.50,\"revenue\":<total>.00,\"currency\":\"USD\",\"products\":[{\"product_id\":\"p<product>\",\"price\":<price>.50,\"quantity\":2}]}"),
        (14, "\"type\":\"identify\",\"traits\":{\"email\":\"c<customer>@shop.example\",\"firstName\":\"Ada\",\"lastName\":\"Customer <customer>\",\"plan\":\"gold\"}"),
    ];

    private readonly EventTemplate[] _user = new EventTemplate[256];
    private readonly EventTemplate[] _visitor = new EventTemplate[256];

    /// <param name="runId">8 characters that make this run's messageIds its own.</param>
    /// <param name="seed">The seed of a seeded database, whose customers, all of them users, are meant then.</param>
    public ShopEvents(string runId, int? seed = null)
    {
        var at = 0;
        foreach (var (weight, text) in s_mix)
        {
            var user = Whole(runId, seed is null ? "userId\":\"u<customer>" : $"userId\":\"seed{seed}-<customer>", text);
            var visitor = seed is null ? Whole(runId, "anonymousId\":\"v<customer>", text) : user;
            for (var i = 0; i < weight; i++, at++) (_user[at], _visitor[at]) = (user, visitor);
        }

        if (at != 256) throw new InvalidOperationException($"The mix has {at} parts of 256.");
    }

    /// <summary>Mean size of an event in bytes.</summary>
    public double MeanBytes => 0.7 * _user.Average(t => t.Bytes.Length) + 0.3 * _visitor.Average(t => t.Bytes.Length);

    /// <summary>Size of the largest event in bytes.</summary>
    public int LargestBytes => _user.Concat(_visitor).Max(t => t.Bytes.Length);

    /// <summary>The id under which a customer is read back.</summary>
    public static string CustomerId(int customer) => IsUser(customer) ? $"u:u{customer:D7}" : $"a:v{customer:D7}";

    /// <summary>A random event of a customer.</summary>
    public EventTemplate Pick(int customer, byte random) => (IsUser(customer) ? _user : _visitor)[random];

    private static bool IsUser(int customer) => customer % 10 < 7;

    private static EventTemplate Whole(string runId, string identity, string text) =>
        new($"{{\"messageId\":\"{runId}-<number>\",\"{identity}\",\"timestamp\":\"<time>\",{text},{Context}}}");
}
