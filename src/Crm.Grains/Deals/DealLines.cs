using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Company;

namespace Crm.Deals;

/// <summary>
/// Lines of a deal: <c>{product, name, quantity, price, discount, taxRate}</c>, the discount and the tax in percent. Each line's net and
/// tax are rounded to the currency's digits, half away from zero, as an invoice does; the deal's amount is their sum.
/// </summary>
internal static class DealLines
{
    /// <summary>An offer, not a catalogue.</summary>
    public const int Max = 200;

    private const decimal MaxQuantity = 1_000_000_000m;
    private const decimal MaxPrice = 1_000_000_000_000m;

    private static readonly string[] s_names = ["product", "name", "quantity", "price", "discount", "taxRate", "net", "tax"];

    /// <summary>Completes the lines with what they come to, and sets the amount; a deal without lines keeps the amount that it was given.</summary>
    public static void Sum(JsonObject fields, IDictionary<string, string> errors)
    {
        fields.Remove("totals");
        if (fields["lines"] is not { } given) return;
        if (given is not JsonArray { Count: <= Max } lines)
        {
            errors["lines"] = $"lines: It is a list of at most {Max} lines.";
            return;
        }

        if (lines.Count == 0) return;
        var currency = lines.Select(l => Currency(l)).FirstOrDefault(c => c is not null) ?? (string?)fields["amount"]?["currency"] ?? Currencies.Missing;
        var (net, tax) = (0m, 0m);
        for (var at = 0; at < lines.Count; at++)
        {
            if (Line(lines[at], currency, out var wrong) is not { } line)
            {
                errors["lines"] = $"lines: Line {at + 1}: {wrong}";
                return;
            }

            (net, tax) = (net + line.Net, tax + line.Tax);
            lines[at]!["price"] = Money(line.Price, currency, exact: true);
            lines[at]!["net"] = Currencies.Format(line.Net, currency);
            lines[at]!["tax"] = Currencies.Format(line.Tax, currency);
        }

        fields["totals"] = new JsonObject { ["net"] = Money(net, currency), ["tax"] = Money(tax, currency), ["total"] = Money(net + tax, currency) };
        fields["amount"] = Money(net + tax, currency);
    }

    private static (decimal Price, decimal Net, decimal Tax)? Line(JsonNode? node, string currency, out string wrong)
    {
        wrong = "It is an object with quantity and price.";
        if (node is not JsonObject line) return null;
        var (discount, rate) = (Percent(line["discount"]), Percent(line["taxRate"]));
        if (line.Select(m => m.Key).FirstOrDefault(k => !s_names.Contains(k)) is { } unknown) wrong = $"{unknown}: There is no such member.";
        else if (Number(line["quantity"], 1) is not { } quantity || quantity is <= 0 or > MaxQuantity) wrong = "quantity is a number above 0.";
        else if (Number((line["price"] as JsonObject)?["amount"] ?? line["price"], null) is not { } price || Math.Abs(price) > MaxPrice)
            wrong = "price is an amount with its currency: {\"amount\":\"12.30\",\"currency\":\"EUR\"}.";
        else if (Currency(line) is { } own && own != currency) wrong = $"price is in {own}; all lines of a deal have one currency, here {currency}.";
        else if (discount is null) wrong = "discount is a percentage from 0 to 100.";
        else if (rate is null) wrong = "taxRate is a percentage from 0 to 100.";
        else if (line["product"] is { } product && !IsText(product) || line["name"] is { } name && !IsText(name)) wrong = "product and name are texts.";
        else
        {
            var net = Rounded(quantity * price * (100m - discount.Value) / 100m, currency);
            return (price, net, Rounded(net * rate.Value / 100m, currency));
        }

        return null;
    }

    private static decimal Rounded(decimal amount, string currency) => decimal.Round(amount, Currencies.Digits(currency), MidpointRounding.AwayFromZero);

    // A price may have more digits than its currency: a screw costs 0.0125.
    private static JsonObject Money(decimal amount, string currency, bool exact = false) => new()
    {
        ["amount"] = exact ? amount.ToString(CultureInfo.InvariantCulture) : Currencies.Format(amount, currency),
        ["currency"] = currency,
    };

    private static string? Currency(JsonNode? line) =>
        ((line as JsonObject)?["price"] as JsonObject)?["currency"] is JsonValue value && value.TryGetValue(out string? text)
            && text.Length == 3 && text.All(char.IsAsciiLetter) ? text.ToUpperInvariant() : null;

    private static decimal? Number(JsonNode? node, decimal? missing)
    {
        if (node is null) return missing;
        if (node is not JsonValue value || value.GetValueKind() is not (JsonValueKind.Number or JsonValueKind.String)) return null;
        return decimal.TryParse(value.ToString(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static decimal? Percent(JsonNode? node) => Number(node, 0) is { } number and >= 0 and <= 100 ? number : null;

    private static bool IsText(JsonNode node) => node is JsonValue value && value.TryGetValue(out string? text) && text.Length <= 200;
}
