using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Company;

namespace Crm.Orders;

/// <summary>What the lines of an order come to.</summary>
/// <param name="Net">What they cost after their discounts, before tax.</param>
/// <param name="Tax">The tax on it.</param>
/// <param name="Discount">What the discounts took off.</param>
internal readonly record struct OrderSums(decimal Net, decimal Tax, decimal Discount);

/// <summary>
/// Lines of an order: <c>{product, name, quantity, price, discountPercent, taxRate}</c>. Prices are before tax. Each line's net, discount
/// and tax are rounded to the currency's digits, half away from zero, and then summed, as an invoice does. All arithmetic is decimal.
/// </summary>
internal static class OrderLines
{
    /// <summary>An order, not a catalogue.</summary>
    public const int Max = 200;

    private const decimal MaxQuantity = 1_000_000_000m;
    private const decimal MaxPrice = 1_000_000_000_000m;
    private const int MaxNameLength = 200;

    private static readonly string[] s_members = ["product", "name", "quantity", "price", "discountPercent", "discount", "taxRate", "net", "tax"];

    /// <summary>Writes the lines canonically with the net and tax of each, and answers their sums; null with what is wrong.</summary>
    public static OrderSums? Sum(JsonArray lines, string currency, out string wrong)
    {
        wrong = $"It is a list of at most {Max} lines.";
        if (lines.Count > Max) return null;
        var sums = default(OrderSums);
        for (var at = 0; at < lines.Count; at++)
        {
            if (Read(lines[at], currency, out var fault) is not { } line)
            {
                wrong = $"Line {at + 1}: {fault}";
                return null;
            }

            var gross = Rounded(line.Quantity * line.Price, currency);
            var net = Rounded(line.Quantity * line.Price * (100m - line.Discount) / 100m, currency);
            var tax = Rounded(net * line.TaxRate / 100m, currency);
            sums = new OrderSums(sums.Net + net, sums.Tax + tax, sums.Discount + gross - net);
            lines[at] = line.Write(net, tax, currency);
        }

        return sums;
    }

    private static Line? Read(JsonNode? node, string currency, out string wrong)
    {
        wrong = "It is an object with quantity and price.";
        if (node is not JsonObject line) return null;
        var price = line["price"] is JsonObject money ? Number(money["amount"], null) : Number(line["price"], null);
        var own = Text((line["price"] as JsonObject)?["currency"])?.ToUpperInvariant();
        var (quantity, discount, tax) = (Number(line["quantity"], 1), Number(line["discountPercent"] ?? line["discount"], 0), Number(line["taxRate"], 0));
        var (product, name) = (Text(line["product"]), Text(line["name"])?.Trim());
        if (line.Select(m => m.Key).FirstOrDefault(k => !s_members.Contains(k)) is { } unknown) wrong = $"There is no member {unknown}.";
        else if (quantity is not (> 0 and <= MaxQuantity)) wrong = $"quantity is a number above 0 and up to {MaxQuantity:0}.";
        else if (price is not (>= -MaxPrice and <= MaxPrice)) wrong = $"price is an amount between -{MaxPrice:0} and {MaxPrice:0}.";
        else if (own is not null && own != currency) wrong = $"price is in {own}; all lines of an order are in its currency, {currency}.";
        else if (discount is not (>= 0 and <= 100)) wrong = "discountPercent is a number from 0 to 100.";
        else if (tax is not (>= 0 and <= 100)) wrong = "taxRate is a percentage from 0 to 100.";
        else if (line["product"] is not null && product is null) wrong = "product is the id of a product.";
        else if (line["name"] is not null && name is not { Length: <= MaxNameLength }) wrong = $"name is a text of at most {MaxNameLength} characters.";
        else return new Line(product, name, quantity.Value, price.Value, discount.Value, tax.Value);
        return null;
    }

    private static decimal Rounded(decimal amount, string currency) => decimal.Round(amount, Currencies.Digits(currency), MidpointRounding.AwayFromZero);

    internal static decimal? Number(JsonNode? node, decimal? missing)
    {
        if (node is null) return missing;
        if (node is not JsonValue value || value.GetValueKind() is not (JsonValueKind.Number or JsonValueKind.String)) return null;
        return decimal.TryParse(value.ToString(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    internal static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private sealed record Line(string? Product, string? Name, decimal Quantity, decimal Price, decimal Discount, decimal TaxRate)
    {
        public JsonObject Write(decimal net, decimal tax, string currency)
        {
            var json = new JsonObject
            {
                ["quantity"] = Quantity,
                ["price"] = new JsonObject { ["amount"] = Price.ToString(CultureInfo.InvariantCulture), ["currency"] = currency },
                ["discountPercent"] = Discount,
                ["taxRate"] = TaxRate,
                ["net"] = Currencies.Format(net, currency),
                ["tax"] = Currencies.Format(tax, currency),
            };
            if (!string.IsNullOrEmpty(Name)) json.Insert(0, "name", Name);
            if (Product is not null) json.Insert(0, "product", Product);
            return json;
        }
    }
}
