using System.Globalization;
using System.Text.Json;

namespace Crm.Clients;

/// <summary>
/// What the CRM must know of each customer after the calls, counted from the calls alone: it shares no code with the product.
/// Money and counts are kept as the texts that the profile shows.
/// </summary>
internal sealed class ShopTruth
{
    private readonly Dictionary<string, string> _owners = [];

    // An alias does not say whether its ids are a visitor's or a user's: the CRM may note those, too, who never were.
    private readonly HashSet<string> _unborn = [];

    private ShopTruth(IReadOnlyList<Step> steps)
    {
        foreach (var step in steps.Where(s => s.Links))
        {
            if (step.AnonymousId is not null) _owners.TryAdd("a:" + step.AnonymousId, "u:" + step.UserId);
            if (step.PreviousId is not { } previous) continue;
            var wasVisitor = previous == step.Device;
            _owners.TryAdd((wasVisitor ? "a:" : "u:") + previous, "u:" + step.UserId);
            _unborn.UnionWith([(wasVisitor ? "u:" : "a:") + previous, "a:" + step.UserId]);
        }

        Customers = steps.GroupBy(Owner).ToDictionary(own => own.Key, own => Describe(own.Key, [.. own]));
    }

    /// <summary>What each customer is expected to be, by id.</summary>
    public IReadOnlyDictionary<string, string> Customers { get; }

    /// <summary>Every id that was used, with the customer that it must lead to.</summary>
    public IEnumerable<(string Id, string Customer)> Ids => _owners.Keys.Concat(Customers.Keys).Select(id => (id, Root(id)));

    public static ShopTruth Of(IReadOnlyList<Step> steps) => new(steps);

    /// <summary>The same of a profile that the CRM answers.</summary>
    public string Describe(JsonElement profile) => Text(
        profile.GetProperty("id").GetString()!,
        Numbers(profile.GetProperty("counts").GetProperty("byType")),
        Numbers(profile.GetProperty("counts").GetProperty("byEvent")),
        profile.GetProperty("orders").GetInt32(),
        Amounts(profile.GetProperty("revenue")),
        Amounts(profile.GetProperty("orderTotal")),
        profile.GetProperty("refunds").GetInt32(),
        Amounts(profile.GetProperty("refunded")),
        profile.GetProperty("products").EnumerateObject().Select(kind => kind.Name + Joined(Numbers(kind.Value))),
        profile.GetProperty("traits").TryGetProperty("email", out var email) ? email.GetString() : null,
        profile.GetProperty("merges").EnumerateArray().Select(m => m.GetProperty("source").GetString()!).Except(_unborn));

    private string Owner(Step step) => Root(step.UserId is { } user ? "u:" + user : "a:" + step.AnonymousId);

    private string Root(string id) => _owners.TryGetValue(id, out var owner) ? Root(owner) : id;

    private string Describe(string id, IReadOnlyList<Step> steps)
    {
        var tracks = steps.Where(s => s.Call == "track").ToArray();
        var orders = tracks.Where(s => Is(s, "Order Completed") || Is(s, "Completed Order")).ToArray();
        var refunds = tracks.Where(s => Is(s, "Order Refunded")).ToArray();
        return Text(
            id,
            Count(steps, s => s.Call),
            Count(tracks, s => s.Event!),
            orders.Length,
            Sum(orders, "revenue"),
            Sum(orders, "total"),
            refunds.Length,
            Sum(refunds, "total"),
            [
                "viewed" + Joined(Pieces(tracks.Where(s => Is(s, "Product Viewed")).Select(s => Piece(s.Fields) with { Quantity = 1 }))),
                "added" + Joined(Pieces(tracks.Where(s => Is(s, "Product Added")).Select(s => Piece(s.Fields)))),
                "removed" + Joined(Pieces(tracks.Where(s => Is(s, "Product Removed")).Select(s => Piece(s.Fields)))),
                "purchased" + Joined(Pieces(orders.SelectMany(o => (object[])o.Fields["products"]).Select(p => Piece((Dictionary<string, object>)p)))),
            ],
            steps.LastOrDefault(s => s.Call == "identify")?.Fields["email"] as string,
            _owners.Keys.Where(from => Root(from) == id));
    }

    private static bool Is(Step step, string name) => step.Event == name || step.Event == name.ToLowerInvariant().Replace(' ', '_');

    private static (string Id, long Quantity) Piece(Dictionary<string, object> fields) =>
        ((string)fields["product_id"], fields.TryGetValue("quantity", out var pieces) ? (int)pieces : 1);

    private static Dictionary<string, long> Pieces(IEnumerable<(string Id, long Quantity)> pieces) =>
        pieces.GroupBy(p => p.Id).ToDictionary(p => p.Key, p => p.Sum(piece => piece.Quantity));

    private static Dictionary<string, long> Count(IEnumerable<Step> steps, Func<Step, string> by) =>
        steps.GroupBy(by).ToDictionary(s => s.Key, s => (long)s.Count());

    private static IEnumerable<string> Sum(IEnumerable<Step> steps, string field) => steps.GroupBy(s => (string)s.Fields["currency"]).Select(own =>
        Money(own.Key, own.Sum(s => Convert.ToDecimal(s.Fields[field], CultureInfo.InvariantCulture))));

    private static string Money(string currency, decimal amount) =>
        currency + " " + amount.ToString(currency == "JPY" ? "0" : "0.00", CultureInfo.InvariantCulture);

    private static IEnumerable<string> Amounts(JsonElement money) => money.EnumerateObject().Select(own => $"{own.Name} {own.Value.GetString()}");

    private static Dictionary<string, long> Numbers(JsonElement counts) => counts.EnumerateObject().ToDictionary(c => c.Name, c => c.Value.GetInt64());

    private static string Joined(Dictionary<string, long> counts) =>
        "[" + string.Join(", ", counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}={c.Value}")) + "]";

    private static string Text(
        string id, Dictionary<string, long> byType, Dictionary<string, long> byEvent, int orders, IEnumerable<string> revenue, IEnumerable<string> total,
        int refunds, IEnumerable<string> refunded, IEnumerable<string> products, string? email, IEnumerable<string> merges) =>
        $"""
        {id} {email}
        calls {Joined(byType)} events {Joined(byEvent)}
        orders {orders} revenue {All(revenue)} total {All(total)} refunds {refunds} of {All(refunded)}
        products {All(products)}
        merges {All(merges)}
        """;

    private static string All(IEnumerable<string> parts) => "{" + string.Join("; ", parts.Order(StringComparer.Ordinal)) + "}";
}
