using System.Globalization;

namespace Crm.Demo;

/// <summary>One step of a visit: a pause, then an event, which is written when its time has come.</summary>
internal readonly record struct Step(TimeSpan Pause, Func<byte[]> Event);

/// <summary>
/// What one person does in one visit, and what follows from it. The chances make a funnel as shops see it: of 100 visits
/// about 70 look at products, 30 fill a cart, 14 begin to check out, 8 buy.
/// </summary>
internal sealed class Visit(Shopper who, Random random, DemoEvents events, TimeProvider clock)
{
    /// <summary>Most products looked at in a visit: the length of every visit is bounded.</summary>
    private const int MostViews = 12;

    private readonly List<CartLine> _cart = [];
    private readonly bool _chinese = who.Market.IsChinese;

    /// <summary>What was bought, once it is.</summary>
    public Purchase? Bought { get; private set; }

    public IEnumerable<Step> Steps()
    {
        who.Visits++;
        var campaign = Chance(who.Visits == 1 ? 0.4 : 0.15) ? Shopper.One(random, Campaign.All) : null;
        yield return new(TimeSpan.Zero, () => events.Page(who, "Home", "/", campaign));
        if (Chance(0.22)) yield break;
        if (who.HasAccount && !who.SignedIn && Chance(0.5)) yield return SignIn();

        foreach (var step in Browse()) yield return step;
        if (_cart.Count == 0) yield break;

        yield return new(Pause(3, 10), () => events.Track(who, "Cart Viewed", "/cart", json => ShopJson.Products(json, _cart, _chinese)));
        foreach (var step in Tidy()) yield return step;
        if (_cart.Count == 0 || !Chance(0.5)) yield break;
        foreach (var step in CheckOut()) yield return step;
    }

    private IEnumerable<Step> Browse()
    {
        var views = 0;
        while (views < MostViews)
        {
            IReadOnlyList<Product> shelf;
            if (Chance(0.35))
            {
                var wanted = Popular(Assortment.All);
                var query = _chinese ? wanted.ChineseName : wanted.Name.Split(' ')[^1].ToLowerInvariant();
                yield return new(Pause(2, 8), () => events.Track(who, "Products Searched", "/search", json => json.WriteString("query", query)));
                shelf = [wanted];
            }
            else
            {
                var category = Shopper.One(random, Assortment.Categories);
                shelf = [.. Assortment.All.Where(p => p.Category == category)];
                var shown = _chinese ? shelf[0].ChineseCategory : category;
                yield return new(Pause(2, 8), () => events.Track(who, "Product List Viewed", "/c/" + shelf[0].Id[..3], json => json.WriteString("category", shown)));
            }

            for (var looked = 0; looked < shelf.Count && Chance(looked == 0 ? 0.85 : 0.55) && views++ < MostViews; looked++)
            {
                var product = Popular(shelf);
                yield return new(Pause(2, 9), () => events.Track(who, "Product Viewed", "/p/" + product.Id, json => ShopJson.Product(json, product, who.Market)));
                if (Chance(0.16)) yield return Add(product);
            }

            if (!Chance(0.5)) yield break;
        }
    }

    private Step Add(Product product)
    {
        var line = new CartLine(product, Chance(0.8) ? 1 : random.Next(2, 5), who.Market);
        _cart.Add(line);
        return new(Pause(2, 12), () => events.Track(who, "Product Added", "/p/" + product.Id, json => ShopJson.Line(json, line)));
    }

    private IEnumerable<Step> Tidy()
    {
        for (var i = _cart.Count - 1; i >= 0; i--)
        {
            if (!Chance(0.12)) continue;
            var line = _cart[i];
            _cart.RemoveAt(i);
            yield return new(Pause(2, 6), () => events.Track(who, "Product Removed", "/cart", json => ShopJson.Line(json, line)));
        }
    }

    private IEnumerable<Step> CheckOut()
    {
        if (!who.SignedIn) yield return SignIn();
        var number = string.Create(CultureInfo.InvariantCulture, $"D{clock.GetUtcNow().ToUnixTimeMilliseconds()}-{random.Next(1_000):000}");
        var order = Purchase.Of(number, _cart, who.Market, Chance(0.15) ? "WELCOME10" : null);
        yield return new(Pause(3, 9), () => events.Track(who, "Checkout Started", "/checkout", json => ShopJson.Order(json, order)));
        if (Chance(0.25)) yield break;
        yield return new(Pause(4, 15), () => events.Track(who, "Payment Info Entered", "/checkout/pay", json => json.WriteString("checkout_id", order.Number)));
        if (Chance(0.15)) yield break;
        yield return new(Pause(2, 6), () => events.Track(who, "Order Completed", "/checkout/thanks", json => ShopJson.Order(json, order)));
        Bought = order;
    }

    private Step SignIn()
    {
        who.SignedIn = who.HasAccount = true;
        return new(Pause(2, 7), () => events.Identify(who, clock.GetUtcNow()));
    }

    /// <summary>The first of a shelf sell best.</summary>
    private Product Popular(IReadOnlyList<Product> shelf) => shelf[(int)(shelf.Count * Math.Pow(random.NextDouble(), 1.7))];

    private bool Chance(double share) => random.NextDouble() < share;

    private TimeSpan Pause(double from, double to) => TimeSpan.FromSeconds(from + random.NextDouble() * (to - from));
}
