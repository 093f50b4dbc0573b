namespace Crm.Demo;

/// <summary>A line of a cart or order, at its market's price.</summary>
internal sealed record CartLine(Product Product, int Quantity, Market Market)
{
    public decimal Price { get; } = Market.PriceOf(Product);

    public decimal Amount => Price * Quantity;
}

/// <summary>An order of the demo shop. <paramref name="Revenue"/> is without shipping and tax.</summary>
internal sealed record Purchase(
    string Number, Market Market, IReadOnlyList<CartLine> Lines, decimal Revenue, decimal Shipping, decimal Tax, decimal Discount, string? Coupon)
{
    private const decimal FreeShippingFrom = 80m;
    private const decimal ShippingCost = 5.90m;
    private const decimal CouponShare = 0.10m;

    public decimal Total => Revenue + Shipping + Tax;

    public static Purchase Of(string number, IEnumerable<CartLine> cart, Market market, string? coupon)
    {
        CartLine[] lines = [.. cart];
        var goods = lines.Sum(line => line.Amount);
        var discount = coupon is null ? 0 : market.Round(goods * CouponShare);
        var revenue = goods - discount;
        var shipping = goods >= FreeShippingFrom * market.Rate ? 0 : market.Round(ShippingCost * market.Rate);
        return new Purchase(number, market, lines, revenue, shipping, market.Round(revenue * market.Tax), discount, coupon);
    }
}
