using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Clickstream;
using Crm.Customers;
using JsonNodeValue = System.Text.Json.Nodes.JsonValue;

namespace Crm.Orders;

/// <summary>What an event tells of an order, for its record: amounts and products are read as the profile reads them.</summary>
internal static class OrderTelling
{
    private const int MaxNameLength = 200;
    private const int IdLength = 20;

    /// <summary>The id of the order's record: of one customer id, an order's number names one order. Without a number each event is an order of its own.</summary>
    public static string Id(BehaviourEvent happened, string? number) =>
        "or_e" + Hash($"{happened.Lane}\n{number ?? "\u0001" + happened.MessageId}")[..IdLength];

    /// <summary>Names the event as the cause of a change.</summary>
    public static Guid Cause(BehaviourEvent happened) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{happened.Lane}\n{happened.MessageId}")).AsSpan(0, 16));

    /// <summary>The arguments of <see cref="ToldOrders.Command"/>, and the order's number where the event has one.</summary>
    public static (string? Number, JsonObject Told) Read(BehaviourEvent happened)
    {
        if (!EventBody.TryRead(happened.Body.Span, out var body)) body = default;
        var fields = EventReader.Read(body.Properties);
        var (meaning, faults) = (EcommerceNames.Of(happened.Name ?? ""), 0);
        var number = fields.OrderId.Text(CustomerProfile.MaxOrderIdLength);
        var told = new JsonObject { ["event"] = happened.MessageId, ["is"] = meaning.ToString(), ["atMs"] = happened.TimestampMs, ["source"] = happened.Source };
        if (number is not null) told["number"] = number;
        switch (meaning)
        {
            case Meaning.OrderCompleted or Meaning.OrderUpdated:
                told["lines"] = Lines(fields.Products, Names(happened.Body), out var sum);
                Amounts(told, fields, sum);
                break;
            case Meaning.OrderItemAdded:
                if (Line(fields.Product, Name(Properties(happened.Body))) is { } line) told["lines"] = new JsonArray(line);
                told["currency"] = OrderAmounts.CurrencyOf(fields.Currency, ref faults);
                break;
            case Meaning.OrderRefunded:
                var refund = CustomerProfile.RefundOf(fields, ref faults);
                if (refund.Whole) told["whole"] = true;
                else if (refund is { Currency: { } currency, Amount: { } amount }) (told["currency"], told["amount"]) = (currency, Text(Math.Abs(amount)));
                break;
        }

        return (number, told);
    }

    private static void Amounts(JsonObject told, in EventReader fields, LineSum sum)
    {
        var faults = 0;
        var amounts = OrderAmounts.Of(fields, sum.Value, ref faults);
        if (!amounts.Any) return;
        told["currency"] = amounts.Currency;
        told["total"] = Text((amounts.Total ?? amounts.Revenue)!.Value);
        if (OrderAmounts.Amount(fields.Tax, ref faults) is { } tax) told["tax"] = Text(tax);
    }

    private static JsonArray Lines(in Customers.JsonValue list, IReadOnlyList<string?> names, out LineSum sum)
    {
        sum = default;
        var (lines, faults, at) = (new JsonArray(), 0, 0);
        var products = new ProductLines(list);
        while (products.Next(ref faults))
        {
            var product = products.Current;
            product.AddTo(ref sum, ref faults);
            if (lines.Count < OrderLines.Max && Line(product, at < names.Count ? names[at] : null) is { } line) lines.Add((JsonNode)line);
            at++;
        }

        return lines;
    }

    private static JsonObject? Line(in ProductFields product, string? name)
    {
        var faults = 0;
        var (id, pieces) = (product.Id(ref faults), product.Pieces(ref faults));
        if (pieces <= 0 || (name ?? id) is not { } known) return null;
        return new JsonObject { ["name"] = known, ["quantity"] = pieces, ["price"] = Text(product.PiecePrice(ref faults) ?? 0) };
    }

    // Of those that are objects, as the profile counts them.
    private static IReadOnlyList<string?> Names(ReadOnlyMemory<byte> body) =>
        Properties(body)?["products"] is JsonArray products ? [.. products.OfType<JsonObject>().Select(Name)] : [];

    private static string? Name(JsonObject? product) =>
        product?["name"] is JsonNodeValue value && value.GetValueKind() == JsonValueKind.String && value.ToString().Trim() is { Length: > 0 } name
            ? JsonText.Cut(name, MaxNameLength).ToString() : null;

    private static JsonObject? Properties(ReadOnlyMemory<byte> body)
    {
        try
        {
            return (JsonNode.Parse(body.Span, documentOptions: new JsonDocumentOptions { MaxDepth = EventBody.MaxDepth }) as JsonObject)?["properties"] as JsonObject;
        }
        catch (Exception odd) when (odd is JsonException or ArgumentException or InvalidOperationException)
        {
            // A name is left out; what counts was read above.
            return null;
        }
    }

    private static string Text(decimal amount) => amount.ToString(CultureInfo.InvariantCulture);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
