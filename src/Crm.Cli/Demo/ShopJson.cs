using System.Text.Json;

namespace Crm.Demo;

/// <summary>Properties of the e-commerce events, as the Segment specification names them.</summary>
internal static class ShopJson
{
    public static void Product(Utf8JsonWriter json, Product product, Market market)
    {
        json.WriteString("product_id", product.Id);
        json.WriteString("name", market.IsChinese ? product.ChineseName : product.Name);
        json.WriteString("category", market.IsChinese ? product.ChineseCategory : product.Category);
        json.WriteNumber("price", market.PriceOf(product));
        json.WriteString("currency", market.Currency);
    }

    public static void Line(Utf8JsonWriter json, CartLine line)
    {
        Product(json, line.Product, line.Market);
        json.WriteNumber("quantity", line.Quantity);
    }

    public static void Products(Utf8JsonWriter json, IReadOnlyList<CartLine> lines, bool chinese)
    {
        json.WriteStartArray("products");
        foreach (var line in lines)
        {
            json.WriteStartObject();
            json.WriteString("product_id", line.Product.Id);
            json.WriteString("name", chinese ? line.Product.ChineseName : line.Product.Name);
            json.WriteNumber("price", line.Price);
            json.WriteNumber("quantity", line.Quantity);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void Order(Utf8JsonWriter json, Purchase order)
    {
        json.WriteString("order_id", order.Number);
        json.WriteNumber("revenue", order.Revenue);
        json.WriteNumber("shipping", order.Shipping);
        json.WriteNumber("tax", order.Tax);
        json.WriteNumber("discount", order.Discount);
        if (order.Coupon is not null) json.WriteString("coupon", order.Coupon);
        json.WriteNumber("total", order.Total);
        json.WriteString("currency", order.Market.Currency);
        Products(json, order.Lines, order.Market.IsChinese);
    }
}
