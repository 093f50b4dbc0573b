using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Company;

namespace Crm.Orders;

/// <summary>A line of an order while it is written.</summary>
internal sealed class OrderLine
{
    /// <summary>The product as it is chosen; null for what is not in the catalogue.</summary>
    public JsonNode? Product { get; set; }

    public string Name { get; set; } = "";

    public string Quantity { get; set; } = "1";

    public string Price { get; set; } = "";

    public string Discount { get; set; } = "";

    public string TaxRate { get; set; } = "";

    /// <summary>What the line comes to, before and of tax, rounded as the order will be; null while it cannot be reckoned.</summary>
    public (decimal Net, decimal Tax)? Sum(string currency)
    {
        if (Number(Quantity) is not { } quantity || Number(Price) is not { } price || Number(Discount, 0) is not { } discount || Number(TaxRate, 0) is not { } rate) return null;
        if (Math.Abs(quantity) > 1_000_000_000m || Math.Abs(price) > 1_000_000_000_000m) return null;
        var digits = Currencies.Digits(currency);
        var net = decimal.Round(quantity * price * (100 - discount) / 100, digits, MidpointRounding.AwayFromZero);
        return (net, decimal.Round(net * rate / 100, digits, MidpointRounding.AwayFromZero));
    }

    /// <summary>From an order.</summary>
    public static OrderLine Of(JsonObject line) => new()
    {
        Product = line.Text("product") is { } id ? new JsonObject { ["id"] = id, ["name"] = line.Text("name") ?? id } : null,
        Name = line.Text("name") ?? "",
        Quantity = line.Text("quantity") ?? "1",
        Price = line.Part("price").Text("amount") ?? line.Text("price") ?? "",
        Discount = NotZero(line.Text("discountPercent")),
        TaxRate = NotZero(line.Text("taxRate")),
    };

    /// <summary>As the API takes it.</summary>
    public JsonObject Write(string currency)
    {
        var json = new JsonObject
        {
            ["quantity"] = Clean(Quantity), ["price"] = new JsonObject { ["amount"] = Clean(Price), ["currency"] = currency },
            ["discountPercent"] = Clean(Discount) is { Length: > 0 } off ? off : "0", ["taxRate"] = Clean(TaxRate) is { Length: > 0 } tax ? tax : "0",
        };
        if ((Product as JsonObject).Text("id") is { } product) json["product"] = product;
        if (!string.IsNullOrWhiteSpace(Name)) json["name"] = Name.Trim();
        return json;
    }

    private static string Clean(string text) => text.Replace(",", "", StringComparison.Ordinal).Trim();

    private static string NotZero(string? text) => text is null or "0" ? "" : text;

    private static decimal? Number(string text, decimal? missing = null) =>
        string.IsNullOrWhiteSpace(text) ? missing : decimal.TryParse(Clean(text), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
}
