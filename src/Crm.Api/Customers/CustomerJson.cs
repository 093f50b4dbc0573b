using System.Text.Json;
using Crm.Company;
using Crm.Privacy;
using Crm.Segments;

namespace Crm.Customers;

/// <summary>The profile as JSON. Money is text with its currency's digits; times are ISO 8601 in UTC with milliseconds.</summary>
internal static class CustomerJson
{
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static void Write(Utf8JsonWriter json, CustomerView view, DateTimeOffset asOf, long lagMs)
    {
        json.WriteStartObject();
        json.WriteString("id", view.Id);
        ExternalIds(json, view);
        RawMembers(json, "traits", view.Traits);
        Groups(json, view);
        json.WriteStartObject("counts");
        Counts(json, "byType", view.CountsByType);
        Counts(json, "byEvent", view.CountsByEvent);
        json.WriteEndObject();
        json.WriteNumber("orders", view.Orders);
        Money(json, "revenue", view.Revenue);
        Money(json, "orderTotal", view.OrderTotal);
        json.WriteNumber("refunds", view.Refunds);
        Money(json, "refunded", view.Refunded);
        Products(json, view.Products);
        Cart(json, view.Cart);
        json.WriteNumber("sessions", view.Sessions);
        Rfm(json, view.Rfm);
        json.WriteString("tier", view.Tier);
        Time(json, "firstSeen", view.FirstSeenMs);
        Time(json, "lastSeen", view.LastSeenMs);
        Time(json, "firstOrder", view.FirstOrderMs);
        Time(json, "lastOrder", view.LastOrderMs);
        Rating(json, "reviews", view.Reviews);
        Rating(json, "satisfaction", view.Satisfaction);
        Counts(json, "categories", view.Categories);
        Counts(json, "searches", view.Searches);
        ConsentJson.Write(json, view.Consent);
        Merges(json, view.Merges);
        Segments(json, view.Segments);
        json.WriteStartObject("marks");
        json.WriteNumber("crawler", view.Marks.Crawler);
        json.WriteNumber("flood", view.Marks.Flood);
        json.WriteEndObject();
        json.WriteNumber("faults", view.Faults);
        json.WriteNumber("version", view.Version);
        Time(json, "asOf", asOf.ToUnixTimeMilliseconds());
        json.WriteNumber("lagMs", lagMs);
        json.WriteEndObject();
    }

    /// <summary>A time as text, or null.</summary>
    public static void Time(Utf8JsonWriter json, string name, long? unixMs)
    {
        if (unixMs is not { } ms)
        {
            json.WriteNull(name);
            return;
        }

        Span<char> text = stackalloc char[24];
        DateTimeOffset.FromUnixTimeMilliseconds(ms).TryFormat(text, out var length, TimeFormat, null);
        json.WriteString(name, text[..length]);
    }

    private static void ExternalIds(Utf8JsonWriter json, CustomerView view)
    {
        json.WriteStartObject("externalIds");
        foreach (var (kind, values) in view.ExternalIds)
        {
            json.WriteStartArray(kind);
            foreach (var value in values) json.WriteStringValue(value);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Groups(Utf8JsonWriter json, CustomerView view)
    {
        json.WriteStartObject("groups");
        foreach (var (id, traits) in view.Groups) RawMembers(json, id, traits);
        json.WriteEndObject();
    }

    /// <summary>The values are JSON already: they were checked when they came in.</summary>
    private static void RawMembers(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> members)
    {
        json.WriteStartObject(name);
        foreach (var (member, value) in members)
        {
            json.WritePropertyName(member);
            json.WriteRawValue(value, skipInputValidation: true);
        }

        json.WriteEndObject();
    }

    private static void Counts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, long> counts)
    {
        json.WriteStartObject(name);
        foreach (var (key, count) in counts) json.WriteNumber(key, count);
        json.WriteEndObject();
    }

    private static void Money(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, decimal> amounts)
    {
        json.WriteStartObject(name);
        foreach (var (currency, amount) in amounts) json.WriteString(currency, Currencies.Format(amount, currency));
        json.WriteEndObject();
    }

    private static void Products(Utf8JsonWriter json, ProductsView products)
    {
        json.WriteStartObject("products");
        json.WriteStartObject("viewed");
        foreach (var product in products)
            if (product.Viewed > 0) json.WriteNumber(product.Id, product.Viewed);
        json.WriteEndObject();
        json.WriteStartObject("added");
        foreach (var product in products)
            if (product.Added > 0) json.WriteNumber(product.Id, product.Added);
        json.WriteEndObject();
        json.WriteStartObject("removed");
        foreach (var product in products)
            if (product.Removed > 0) json.WriteNumber(product.Id, product.Removed);
        json.WriteEndObject();
        json.WriteStartObject("purchased");
        foreach (var product in products)
            if (product.Purchased > 0) json.WriteNumber(product.Id, product.Purchased);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Cart(Utf8JsonWriter json, CartView? cart)
    {
        if (cart is null)
        {
            json.WriteNull("cart");
            return;
        }

        json.WriteStartObject("cart");
        json.WriteStartArray("lines");
        foreach (var line in cart.Lines)
        {
            json.WriteStartObject();
            json.WriteString("productId", line.ProductId);
            json.WriteNumber("quantity", line.Quantity);
            json.WriteString("price", line.Price is { } price ? Currencies.Format(price, line.Currency) : null);
            json.WriteString("currency", line.Currency);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Money(json, "value", cart.Value);
        Time(json, "changedAt", cart.ChangedAtMs);
        json.WriteEndObject();
    }

    private static void Rfm(Utf8JsonWriter json, RfmView rfm)
    {
        json.WriteStartObject("rfm");
        if (rfm.RecencyDays is { } days) json.WriteNumber("recencyDays", days);
        else json.WriteNull("recencyDays");
        json.WriteNumber("frequency", rfm.Frequency);
        json.WriteString("monetary", rfm.Monetary is { } amount ? Currencies.Format(amount, rfm.Currency) : null);
        json.WriteString("currency", rfm.Currency);
        json.WriteEndObject();
    }

    private static void Rating(Utf8JsonWriter json, string name, RatingView rating)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", rating.Count);
        if (rating.Mean is { } mean) json.WriteNumber("mean", decimal.Round(mean, 4));
        else json.WriteNull("mean");
        json.WriteEndObject();
    }

    private static void Segments(Utf8JsonWriter json, IReadOnlyList<SegmentMembership> segments)
    {
        json.WriteStartArray("segments");
        foreach (var segment in segments)
        {
            json.WriteStartObject();
            json.WriteString("id", segment.Segment);
            Time(json, "since", segment.SinceMs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Merges(Utf8JsonWriter json, IReadOnlyList<MergeView> merges)
    {
        json.WriteStartArray("merges");
        foreach (var merge in merges)
        {
            json.WriteStartObject();
            json.WriteString("source", merge.Source);
            json.WriteString("into", merge.Into);
            json.WriteString("reason", merge.Reason);
            Time(json, "at", merge.AtMs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
