namespace Crm.Demo;

/// <summary>What follows a purchase, some minutes later: a rating of the service, reviews, a return of goods.</summary>
internal sealed class AfterSale(Shopper who, Purchase order, Random random, DemoEvents events)
{
    public IEnumerable<Step> Steps()
    {
        var pleased = random.NextDouble() < 0.8;
        if (random.NextDouble() < 0.3)
        {
            yield return new(Later(), () => events.Track(who, "Satisfaction Rated", "/survey", json =>
            {
                json.WriteString("order_id", order.Number);
                json.WriteNumber("rating", Rating(pleased));
            }));
        }

        foreach (var line in order.Lines.DistinctBy(line => line.Product.Id))
        {
            if (random.NextDouble() >= 0.25) continue;
            yield return new(Later(), () => events.Track(who, "Product Reviewed", "/p/" + line.Product.Id, json =>
            {
                json.WriteString("product_id", line.Product.Id);
                json.WriteNumber("rating", Rating(pleased));
            }));
        }

        if (random.NextDouble() >= (pleased ? 0.04 : 0.3)) yield break;
        var back = order.Lines[random.Next(order.Lines.Count)];
        var total = Math.Min(back.Amount, order.Revenue);
        yield return new(Later(), () => events.Track(who, "Order Refunded", "/account/returns", json =>
        {
            json.WriteString("order_id", order.Number);
            json.WriteNumber("total", total);
            json.WriteString("currency", order.Market.Currency);
            ShopJson.Products(json, [back], order.Market.IsChinese);
        }));
    }

    private int Rating(bool pleased) => pleased ? random.Next(4, 6) : random.Next(1, 4);

    private TimeSpan Later() => TimeSpan.FromSeconds(20 + random.NextDouble() * 100);
}
