using System.Text.Json;

namespace Crm.Customers;

/// <summary>The fields of one product, at the top of an event's properties or in its list of products.</summary>
internal ref struct ProductFields
{
    /// <summary>Longest product id in characters. Longer ones are no ids.</summary>
    public const int MaxIdLength = 128;

    /// <summary>Most pieces of one product in one event: above every real one.</summary>
    public const int MaxQuantity = 1_000_000_000;

    public JsonValue ProductId;
    public JsonValue OldId;
    public JsonValue Sku;
    public JsonValue Price;
    public JsonValue Quantity;

    /// <summary>Its id: <c>product_id</c>, else the old <c>id</c>, else <c>sku</c>; null (a fault, when one was given) without.</summary>
    public readonly string? Id(ref int faults)
    {
        var text = ProductId.Text(MaxIdLength) ?? OldId.Text(MaxIdLength) ?? Sku.Text(MaxIdLength);
        if (text is null && !(ProductId.IsMissing && OldId.IsMissing && Sku.IsMissing)) faults++;
        return text;
    }

    /// <summary>Whole pieces: 1 when it does not say, or says so unreadably (a fault); 0 for a negative number (a fault).</summary>
    public readonly int Pieces(ref int faults)
    {
        if (Quantity.IsMissing) return 1;
        var readable = Quantity.TryNumber(out var number) && number <= MaxQuantity;
        if (readable && number >= 0) return (int)decimal.Round(number, MidpointRounding.AwayFromZero);
        faults++;
        return readable ? 0 : 1;
    }

    /// <summary>Price of a piece; null when there is none, or an unreadable one (a fault).</summary>
    public readonly decimal? PiecePrice(ref int faults) => OrderAmounts.Amount(Price, ref faults);

    /// <summary>Adds price x quantity to a sum; the sum is known as long as all that is given is readable and exact.</summary>
    public readonly void AddTo(ref LineSum sum, ref int faults)
    {
        if (Price.IsMissing || PiecePrice(ref faults) is not { } price)
        {
            sum.Unknown |= !Price.IsMissing;
            return;
        }

        var quantity = 1m;
        var exact = (Quantity.IsMissing || Quantity.TryNumber(out quantity))
            && MoneyText.TryMultiply(price, quantity, out var amount)
            && MoneyText.TryAdd(sum.Amount, amount, out sum.Amount);
        sum.Unknown |= !exact;
        sum.Any = true;
    }

    public bool Assign(scoped ReadOnlySpan<byte> name, scoped in JsonValue value)
    {
        switch (name.Length)
        {
            case 2 when name.SequenceEqual("id"u8):
                OldId = value;
                return true;
            case 3 when name.SequenceEqual("sku"u8):
                Sku = value;
                return true;
            case 5 when name.SequenceEqual("price"u8):
                Price = value;
                return true;
            case 8 when name.SequenceEqual("quantity"u8):
                Quantity = value;
                return true;
            case 9 when name.SequenceEqual("productId"u8):
            case 10 when name.SequenceEqual("product_id"u8):
                ProductId = value;
                return true;
            default:
                return false;
        }
    }
}

/// <summary>The sum of an order's lines.</summary>
internal struct LineSum
{
    public decimal Amount;
    public bool Any;
    public bool Unknown;

    /// <summary>Null without any price, and when a part could not be read.</summary>
    public readonly decimal? Value => Any && !Unknown ? Amount : null;
}

/// <summary>The properties of a track event that the profile knows, as they stand; the meaning of the event decides which are read.</summary>
internal ref struct EventReader
{
    public ProductFields Product;
    public JsonValue Currency;
    public JsonValue Category;
    public JsonValue Query;
    public JsonValue Rating;
    public JsonValue Score;
    public JsonValue Scale;
    public JsonValue OrderId;
    public JsonValue Revenue;
    public JsonValue Total;
    public JsonValue Subtotal;
    public JsonValue Shipping;
    public JsonValue Tax;
    public JsonValue Products;

    /// <summary>Reads the properties of an event whose JSON was found to be whole.</summary>
    public static EventReader Read(in JsonValue properties)
    {
        var fields = default(EventReader);
        if (properties.Kind != JsonTokenType.StartObject) return fields;
        var members = new JsonMembers(properties.Raw);
        while (members.Next())
        {
            var value = members.Value;
            if (!fields.Product.Assign(members.Name, value)) fields.Assign(members.Name, value);
        }

        return fields;
    }

    private void Assign(scoped ReadOnlySpan<byte> name, scoped in JsonValue value)
    {
        switch (name.Length)
        {
            case 3 when name.SequenceEqual("tax"u8): Tax = value; break;
            case 5 when name.SequenceEqual("total"u8): Total = value; break;
            case 5 when name.SequenceEqual("query"u8): Query = value; break;
            case 5 when name.SequenceEqual("score"u8): Score = value; break;
            case 5 when name.SequenceEqual("scale"u8): Scale = value; break;
            case 6 when name.SequenceEqual("rating"u8): Rating = value; break;
            case 7 when name.SequenceEqual("revenue"u8): Revenue = value; break;
            case 7 when name.SequenceEqual("orderId"u8): OrderId = value; break;
            case 8 when name.SequenceEqual("order_id"u8): OrderId = value; break;
            case 8 when name.SequenceEqual("currency"u8): Currency = value; break;
            case 8 when name.SequenceEqual("category"u8): Category = value; break;
            case 8 when name.SequenceEqual("subtotal"u8): Subtotal = value; break;
            case 8 when name.SequenceEqual("shipping"u8): Shipping = value; break;
            case 8 when name.SequenceEqual("products"u8): Products = value; break;
        }
    }
}

/// <summary>Walks the products of an order. Elements that are no objects are faults.</summary>
internal ref struct ProductLines
{
    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;

    /// <summary>The list must be of an event whose JSON was found to be whole.</summary>
    public ProductLines(in JsonValue products)
    {
        if (products.Kind != JsonTokenType.StartArray) return;
        _json = products.Raw;
        _reader = new Utf8JsonReader(_json, new JsonReaderOptions { MaxDepth = EventBody.MaxDepth });
        _reader.Read();
    }

    public ProductFields Current { get; private set; }

    public bool Next(ref int faults)
    {
        while (!_json.IsEmpty && _reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            var element = JsonMembers.Take(ref _reader, _json);
            if (element.Kind != JsonTokenType.StartObject)
            {
                faults++;
                continue;
            }

            var fields = default(ProductFields);
            var members = new JsonMembers(element.Raw);
            while (members.Next()) fields.Assign(members.Name, members.Value);
            Current = fields;
            return true;
        }

        return false;
    }
}
