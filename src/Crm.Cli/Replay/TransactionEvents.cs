using System.Text.Json;
using Crm.CommandLine;

namespace Crm.Replay;

/// <summary>
/// Groups lines into orders over the whole file, and makes one event of each: <c>Order Completed</c>, or
/// <c>Order Refunded</c> when its number starts with the refund prefix.
/// </summary>
internal sealed class TransactionEvents(ReplayFields fields, DateReader dates, string refundPrefix, ReplayProblems problems)
{
    /// <summary>Lines are held until the file's end, at about 100 bytes each: this many are about half a gigabyte.</summary>
    public const int MaxLines = 5_000_000;

    private readonly Dictionary<(string Number, string Customer), Order> _orders = [];
    private readonly Dictionary<string, string> _products = new(StringComparer.Ordinal);
    private int _lines;

    /// <summary>Reads all rows and answers the events, by time of their earliest line.</summary>
    /// <exception cref="CommandFailedException">The file has more lines than are held.</exception>
    public IReadOnlyList<Order> Group(CsvRows rows, CancellationToken stop)
    {
        foreach (var (number, cells) in rows.Rows(problems))
        {
            stop.ThrowIfCancellationRequested();
            if (++_lines > MaxLines)
                throw new CommandFailedException($"the file has more than {MaxLines:N0} lines; lines are grouped in memory: split it by date.");
            AddLine(number, cells);
        }

        var ready = new List<Order>(_orders.Count);
        foreach (var order in _orders.Values)
        {
            if (order.Refused is null) ready.Add(order);
            else problems.Add($"order {order.Number}: {order.Refused}");
        }

        ready.Sort(static (a, b) => a.EarliestMs != b.EarliestMs ? a.EarliestMs.CompareTo(b.EarliestMs) : a.FirstRow.CompareTo(b.FirstRow));
        return ready;
    }

    /// <summary>The events of grouped orders from an index on. One that is too large is refused in words.</summary>
    public IEnumerable<ReplayEvent> Events(IReadOnlyList<Order> orders, long from)
    {
        using var json = new EventJson();
        for (var i = 0; i < orders.Count; i++)
        {
            if (i < from) continue;
            var order = orders[i];
            var element = Write(json, order);
            if (element.Length <= EventJson.MaxBytes) yield return new ReplayEvent(i, order.Customer, element);
            else problems.Add($"order {order.Number}: {element.Length:N0} bytes with its {order.Lines.Count} lines; an event may have {EventJson.MaxBytes:N0}");
        }
    }

    private void AddLine(long row, string[] cells)
    {
        var customer = fields.Customer.Text(cells).Trim();
        if (customer.Length == 0)
        {
            problems.Add($"row {row} names no customer");
            return;
        }

        var number = fields["order"]?.Text(cells) ?? $"row-{row}";
        var currency = fields["currency"]?.Text(cells);
        if (!_orders.TryGetValue((number, customer), out var order))
        {
            order = new Order(number, customer, currency, row) { Properties = OrderProperties(cells) };
            _orders.Add((number, customer), order);
        }

        string? problem = null;
        if (number.Length == 0) problem = "no order number";
        else if (order.Currency != currency) problem = $"lines in {order.Currency} and in {currency}";
        else if (!dates.TryRead(fields.Date.Text(cells), out var atMs)) problem = "a date that cannot be read";
        else if (fields["amount"]!.TryNumber(cells, out var amount, ref problem)
            && TryLine(cells, out var line, ref problem))
            Add(order, line, amount, atMs, ref problem);
        if (problem is not null) order.Refused ??= $"{problem} (row {row})";
    }

    private static void Add(Order order, OrderLine line, decimal amount, long atMs, ref string? problem)
    {
        try
        {
            order.Add(line, amount, atMs);
        }
        catch (OverflowException)
        {
            problem = "a sum too large to be exact";
        }
    }

    private bool TryLine(string[] cells, out OrderLine line, ref string? problem)
    {
        line = default;
        if (!TryOptional("price", cells, out var price, ref problem) || !TryOptional("quantity", cells, out var quantity, ref problem))
            return false;
        line = new OrderLine(Shared(fields["product"]?.Text(cells)), Shared(fields["name"]?.Text(cells)), price, quantity);
        return true;
    }

    private bool TryOptional(string field, string[] cells, out decimal? number, ref string? problem)
    {
        number = null;
        if (fields[field] is not { } value) return true;
        if (!value.TryNumber(cells, out var read, ref problem)) return false;
        number = read;
        return true;
    }

    private OrderProperty[] OrderProperties(string[] cells) =>
    [
        .. fields.Properties.Select(field =>
        {
            string? problem = null;
            decimal? number = ReplayFields.IsNumber(field.Key, field.Value) && field.Value.TryNumber(cells, out var read, ref problem) ? read : null;
            return new OrderProperty(field.Key, field.Value.Text(cells), number);
        }),
    ];

    /// <summary>A shop has few products and many lines: equal texts are kept once.</summary>
    private string? Shared(string? text)
    {
        if (text is null) return null;
        if (_products.TryGetValue(text, out var known)) return known;
        _products.Add(text, text);
        return text;
    }

    private byte[] Write(EventJson json, Order order)
    {
        var refund = refundPrefix.Length > 0 && order.Number.StartsWith(refundPrefix, StringComparison.Ordinal);
        return json.Track(refund ? "Order Refunded" : "Order Completed", order.Customer, fields.IsVisitor, order.EarliestMs, "", properties =>
        {
            properties.WriteString("order_id", order.Number);
            if (!refund) properties.WriteNumber("revenue", order.Amount);
            properties.WriteNumber("total", refund ? Math.Abs(order.Amount) : order.Amount);
            if (order.Currency is not null) properties.WriteString("currency", order.Currency);
            foreach (var extra in order.Properties) WriteProperty(properties, extra);
            if (fields["product"] is null) return;
            properties.WriteStartArray("products");
            foreach (var line in order.Lines) WriteLine(properties, line, refund);
            properties.WriteEndArray();
        });
    }

    private static void WriteProperty(Utf8JsonWriter json, OrderProperty property)
    {
        if (property.Number is { } number) json.WriteNumber(property.Name, number);
        else json.WriteString(property.Name, property.Text);
    }

    private static void WriteLine(Utf8JsonWriter json, OrderLine line, bool refund)
    {
        json.WriteStartObject();
        json.WriteString("product_id", line.Product);
        if (line.Name is not null) json.WriteString("name", line.Name);
        if (line.Price is { } price) json.WriteNumber("price", price);
        if (line.Quantity is { } quantity) json.WriteNumber("quantity", refund ? Math.Abs(quantity) : quantity);
        json.WriteEndObject();
    }
}
