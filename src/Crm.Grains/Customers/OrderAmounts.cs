using System.Text.Json;

namespace Crm.Customers;

/// <summary>The money of an order event, exact. An amount that cannot be read is null and a fault: it never becomes money.</summary>
internal readonly record struct OrderAmounts(string Currency, decimal? Revenue, decimal? Total)
{
    public bool Any => Revenue is not null || Total is not null;

    /// <summary>
    /// Revenue is <c>revenue</c>, else total - shipping - tax, else the subtotal, else the sum of price x quantity; total is
    /// <c>total</c>, else revenue + shipping + tax. With an unreadable currency there is no money.
    /// </summary>
    public static OrderAmounts Of(in EventReader fields, decimal? products, ref int faults)
    {
        var currency = CurrencyOf(fields.Currency, ref faults);
        var total = Amount(fields.Total, ref faults);
        var revenue = Amount(fields.Revenue, ref faults);
        var subtotal = Amount(fields.Subtotal, ref faults);
        var shipping = fields.Shipping.IsMissing ? 0 : Amount(fields.Shipping, ref faults);
        var tax = fields.Tax.IsMissing ? 0 : Amount(fields.Tax, ref faults);
        if (currency is null) return new OrderAmounts(Company.Currencies.Missing, null, null);
        var extra = shipping is { } s && tax is { } t && MoneyText.TryAdd(s, t, out var sum) ? sum : (decimal?)null;
        revenue ??= Sum(total, -extra) ?? subtotal ?? products;
        total ??= Sum(revenue, extra);
        return new OrderAmounts(currency, revenue, total);
    }

    /// <summary>The currency's code in upper case; the default where it is missing; null (a fault) when it is not three letters.</summary>
    public static string? CurrencyOf(in JsonValue value, ref int faults)
    {
        if (value.IsMissing) return Company.Currencies.Missing;
        if (value.Kind == JsonTokenType.String && value.Text(3) is { Length: 3 } code && code.AsSpan().IndexOfAnyExcept(Letters) < 0)
            return TextPool.Get(code.ToUpperInvariant());
        faults++;
        return null;
    }

    public static decimal? Amount(in JsonValue value, ref int faults)
    {
        if (value.IsMissing) return null;
        if (value.TryNumber(out var amount)) return amount;
        faults++;
        return null;
    }

    private static readonly System.Buffers.SearchValues<char> Letters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static decimal? Sum(decimal? left, decimal? right) =>
        left is { } l && right is { } r && MoneyText.TryAdd(l, r, out var sum) ? sum : null;
}
