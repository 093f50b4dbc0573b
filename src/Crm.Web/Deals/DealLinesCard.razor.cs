using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Company;
using Microsoft.AspNetCore.Components;

namespace Crm.Deals;

/// <summary>The lines of a deal, and how they are written.</summary>
public sealed partial class DealLinesCard
{
    private const int MaxLines = 200;

    private List<LineDraft>? _drafts;
    private JsonObject? _edited;
    private string _currency = "";
    private string? _problem;
    private bool _busy;
    private int _numbers;

    [Parameter, EditorRequired]
    public JsonObject Deal { get; set; } = [];

    /// <summary>The currency of an offer that has none yet.</summary>
    [Parameter]
    public string Currency { get; set; } = "";

    [Parameter]
    public bool MayEdit { get; set; }

    [Parameter]
    public EventCallback<JsonObject> Changed { get; set; }

    private IReadOnlyList<JsonObject> Lines => Deal.Parts("lines");

    private string Held => Deal.Part("totals").Part("net").Text("currency") ?? Deal.Part("amount").Text("currency") ?? Currency;

    // Amounts below each other have all their digits.
    private string Full(JsonObject? money) => money.Number("amount") is { } amount ? Format.Money(amount, money.Text("currency") ?? "") : T["none"];

    private void Edit()
    {
        (_edited, _currency, _problem) = (Deal, Held, null);
        _drafts = [.. Lines.Select(l => LineDraft.Of(l, _numbers++))];
        if (_drafts.Count == 0) Add();
    }

    private void Add() => _drafts!.Add(new LineDraft(_numbers++));

    // The catalogue says the rest, where nobody wrote it.
    private async Task Choose(LineDraft draft, JsonNode? chosen)
    {
        draft.Product = chosen as JsonObject;
        if (draft.Product.Text("id") is not { } id || await Api.Get("/api/v1/products/" + Uri.EscapeDataString(id)) is not { Is: true } answer) return;
        var product = answer.Object;
        draft.Name = product.Text("name") ?? draft.Name;
        if (product.Number("taxRate") is { } tax) draft.Tax = LineDraft.Text(tax);
        if (product.Part("price") is not { } price) return;
        if (_drafts!.Count == 1 && price.Text("currency") is { } own) _currency = own;
        if (price.Text("currency") == _currency) draft.Price = price.Text("amount") ?? "";
    }

    private async Task Save()
    {
        if (_busy || _drafts is not { } drafts) return;
        _busy = true;
        var answer = await DealEdits.Send(Api, _edited!, "lines", new JsonArray([.. drafts.Where(d => !d.IsBlank).Select(d => (JsonNode)d.Json(_currency))]));
        _busy = false;
        if (answer.Is)
        {
            (_drafts, _problem) = (null, null);
            await Changed.InvokeAsync(answer.Object);
            return;
        }

        // What was typed stays; saved again, it replaces theirs.
        _problem = answer.IsStale ? T["line.stale"] : answer.Errors.GetValueOrDefault("lines") is { } wrong ? T.FieldError(wrong) : answer.Errors.Count > 0 ? string.Join(' ', answer.Errors.Values.Select(T.FieldError)) : T.Problem(answer);
        if (answer.IsStale && answer.Object.Part("current") is { } theirs) _edited = theirs;
    }

    /// <summary>A line as it is typed.</summary>
    private sealed class LineDraft(int number)
    {
        public int Number { get; } = number;

        public JsonObject? Product { get; set; }

        public string Name { get; set; } = "";

        public string Quantity { get; set; } = "1";

        public string Price { get; set; } = "";

        public string Discount { get; set; } = "";

        public string Tax { get; set; } = "";

        public bool IsBlank => Product is null && Name.Trim().Length == 0 && Price.Trim().Length == 0;

        public static LineDraft Of(JsonObject line, int number) => new(number)
        {
            Product = line.Text("product") is { } product ? new JsonObject { ["id"] = product, ["name"] = line.Text("name") ?? product } : null,
            Name = line.Text("name") ?? "",
            Quantity = Text(line.Number("quantity") ?? 1),
            Price = line.Part("price").Text("amount") ?? line.Text("price") ?? "",
            Discount = line.Number("discount") is > 0 and var discount ? Text(discount) : "",
            Tax = line.Number("taxRate") is > 0 and var tax ? Text(tax) : "",
        };

        public static string Text(decimal number) => number.ToString("0.####", CultureInfo.InvariantCulture);

        public JsonObject Json(string currency)
        {
            var line = new JsonObject { ["quantity"] = Plain(Quantity, "1"), ["price"] = new JsonObject { ["amount"] = Plain(Price, "0"), ["currency"] = currency } };
            if (Product.Text("id") is { } product) line["product"] = product;
            if (Name.Trim() is { Length: > 0 } name) line["name"] = name;
            if (Discount.Trim().Length > 0) line["discount"] = Plain(Discount, "0");
            if (Tax.Trim().Length > 0) line["taxRate"] = Plain(Tax, "0");
            return line;
        }

        /// <summary>Before tax; null while a number is none.</summary>
        public decimal? Net(string currency) => Read(Quantity, 1) is { } quantity && Read(Price, null) is { } price && Read(Discount, 0) is { } discount
            && Math.Abs(quantity) < 1e10m && Math.Abs(price) < 1e13m && Math.Abs(discount) <= 100
                ? decimal.Round(quantity * price * (100 - discount) / 100, Currencies.Digits(currency), MidpointRounding.AwayFromZero)
                : null;

        public decimal? TaxOf(string currency) => Net(currency) is { } net && Read(Tax, 0) is { } tax && Math.Abs(tax) <= 100
            ? decimal.Round(net * tax / 100, Currencies.Digits(currency), MidpointRounding.AwayFromZero)
            : null;

        private static string Plain(string typed, string missing) => typed.Replace(",", "", StringComparison.Ordinal).Trim() is { Length: > 0 } text ? text : missing;

        private static decimal? Read(string typed, decimal? missing) => typed.Trim().Length == 0 ? missing
            : decimal.TryParse(Plain(typed, ""), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
