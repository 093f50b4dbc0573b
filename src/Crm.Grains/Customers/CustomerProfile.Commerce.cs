using System.Text.Json;
using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>Folding what people do with products, carts and orders.</summary>
internal sealed partial class CustomerProfile
{
    /// <summary>Longest order id in characters; longer ones are no ids.</summary>
    internal const int MaxOrderIdLength = 128;

    /// <summary>Ratings are held on a scale to 5.</summary>
    private const decimal FullRating = 5m;

    /// <summary>Answers the product that the event is about.</summary>
    private string? FoldTrack(Meaning meaning, BehaviourEvent happened, long at)
    {
        if (meaning == Meaning.None) return null;
        // An order whose properties cannot be read is an order all the same.
        if (!TryRead(happened, out var body)) body = default;
        if (!body.Properties.IsMissing && body.Properties.Kind != JsonTokenType.StartObject) Faults++;
        var fields = EventReader.Read(body.Properties);
        var faults = 0;
        string? product = null;
        switch (meaning)
        {
            case Meaning.ProductViewed:
                FoldCategory(fields, at);
                product = fields.Product.Id(ref faults);
                if (product is not null) (_products ??= new Products()).Viewed(product, at);
                break;
            case Meaning.ProductListViewed:
                FoldCategory(fields, at);
                break;
            case Meaning.ProductsSearched:
                if (fields.Query.Text(MaxTextLength, cut: true) is { } query)
                    (_searches ??= new RecentCounts(MaxSearches)).Add(query, at);
                break;
            case Meaning.ProductAdded:
            case Meaning.ProductRemoved:
                product = FoldCart(meaning, fields, at, ref faults);
                break;
            case Meaning.ProductReviewed:
                product = fields.Product.Id(ref faults);
                (_reviews ??= new Ratings()).Add(Rating(fields.Rating, fields.Scale, ref faults));
                break;
            case Meaning.SatisfactionRated:
                if (Rating(fields.Rating.IsMissing ? fields.Score : fields.Rating, fields.Scale, ref faults) is { } rating)
                    (_satisfaction ??= new Ratings()).Add(rating);
                break;
            default:
                FoldOrder(meaning, fields, happened.MessageId, at, ref faults);
                break;
        }

        Faults += faults;
        return product;
    }

    private void FoldCategory(in EventReader fields, long at)
    {
        if (fields.Category.Text(MaxTextLength, cut: true) is { } category)
            (_categories ??= new RecentCounts(MaxCategories)).Add(category, at);
    }

    private string? FoldCart(Meaning meaning, in EventReader fields, long at, ref int faults)
    {
        var product = fields.Product.Id(ref faults);
        var pieces = fields.Product.Pieces(ref faults);
        if (product is null || pieces == 0) return product;
        _products ??= new Products();
        _cart ??= new Cart();
        if (meaning == Meaning.ProductRemoved)
        {
            _products.Removed(product, pieces, at);
            _cart.Change(new CartChange(at, product, -pieces, null, Company.Currencies.Missing));
            return product;
        }

        var currency = OrderAmounts.CurrencyOf(fields.Currency, ref faults);
        var price = fields.Product.PiecePrice(ref faults);
        _products.Added(product, pieces, at);
        // A price without a currency that can be read is no money, and without a price there is nothing in any currency.
        _cart.Change(currency is not null && price is not null
            ? new CartChange(at, product, pieces, price, currency)
            : new CartChange(at, product, pieces, null, Company.Currencies.Missing));
        return product;
    }

    private void FoldOrder(Meaning meaning, in EventReader fields, string messageId, long at, ref int faults)
    {
        _orders ??= new Orders();
        _products ??= new Products();
        var id = fields.OrderId.Text(MaxOrderIdLength);
        if (id is null && !fields.OrderId.IsMissing) faults++;
        if (meaning == Meaning.OrderItemAdded)
        {
            var pieces = fields.Product.Pieces(ref faults);
            if (id is null || fields.Product.Id(ref faults) is not { } item) faults++;
            else if (pieces > 0) _orders.ItemAdded(id, new OrderLine(item, pieces), _products);
            return;
        }

        // An order without an id is one of its own; no id that was read begins with a control character.
        id ??= "\u0001" + messageId;
        switch (meaning)
        {
            case Meaning.OrderCompleted:
                var lines = Lines(fields.Products, out var sum, ref faults);
                _orders.Completed(id, at, OrderAmounts.Of(fields, sum.Value, ref faults), lines, _products);
                (_cart ??= new Cart()).Clear(at);
                break;
            case Meaning.OrderUpdated:
                Lines(fields.Products, out var updated, ref faults);
                _orders.Updated(id, at, OrderAmounts.Of(fields, updated.Value, ref faults), _products);
                break;
            case Meaning.OrderRefunded:
                _orders.Refunded(id, at, RefundOf(fields, ref faults), _products, ref faults);
                break;
            case Meaning.OrderCancelled:
                _orders.Cancelled(id, _products);
                break;
        }
    }

    /// <summary>A refund's total, else the sum of its products, else (it names neither) the whole order.</summary>
    internal static RefundAmount RefundOf(in EventReader fields, ref int faults)
    {
        var currency = OrderAmounts.CurrencyOf(fields.Currency, ref faults);
        if (!fields.Total.IsMissing) return new RefundAmount(currency, OrderAmounts.Amount(fields.Total, ref faults), false);
        var sum = default(LineSum);
        var count = 0;
        var products = new ProductLines(fields.Products);
        for (; products.Next(ref faults); count++) products.Current.AddTo(ref sum, ref faults);
        return new RefundAmount(currency, sum.Value, count == 0);
    }

    private static List<OrderLine> Lines(in JsonValue list, out LineSum sum, ref int faults)
    {
        sum = default;
        var lines = new List<OrderLine>();
        if (!list.IsMissing && list.Kind != JsonTokenType.StartArray) faults++;
        var products = new ProductLines(list);
        while (products.Next(ref faults))
        {
            var product = products.Current;
            product.AddTo(ref sum, ref faults);
            var pieces = product.Pieces(ref faults);
            if (pieces > 0 && product.Id(ref faults) is { } id) lines.Add(new OrderLine(id, pieces));
        }

        return lines;
    }

    /// <summary>A rating on a scale to 5, or to <c>scale</c> when the event names one; null (a fault, when it is given) for others.</summary>
    private static decimal? Rating(in JsonValue value, in JsonValue scale, ref int faults)
    {
        if (value.IsMissing) return null;
        var full = FullRating;
        var readable = value.TryNumber(out var rating)
            && (scale.IsMissing || scale.TryNumber(out full))
            && full is >= 1 and <= 1_000
            && rating >= 0 && rating <= full;
        if (readable) return full == FullRating ? rating : MoneyText.Trim(decimal.Round(rating * FullRating / full, 6));
        faults++;
        return null;
    }
}
