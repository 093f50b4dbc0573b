using System.Globalization;

namespace Crm.Replay;

/// <summary>Makes one <c>track</c> event of each row, as the file is read: nothing is held.</summary>
internal sealed class ClickEvents(ReplayFields fields, DateReader dates, ReplayProblems problems)
{
    /// <summary>Fields with another name in the e-commerce events.</summary>
    private static readonly (string Field, string Property)[] Renamed =
        [("product", "product_id"), ("order", "order_id"), ("price", "price"), ("quantity", "quantity"),
         ("amount", "value"), ("currency", "currency"), ("name", "name")];

    /// <summary>The events of the rows from an index (row number less one) on.</summary>
    public IEnumerable<ReplayEvent> Events(CsvRows rows, long from)
    {
        using var json = new EventJson();
        foreach (var (number, cells) in rows.Rows(problems))
        {
            if (number - 1 < from) continue;
            if (Write(json, number, cells) is { } click) yield return click;
        }
    }

    private ReplayEvent? Write(EventJson json, long row, string[] cells)
    {
        var customer = fields.Customer.Text(cells).Trim();
        var name = fields["event"]!.Text(cells).Trim();
        var problem = customer.Length == 0 ? "names no customer" : name.Length == 0 ? "names no event" : null;
        if (problem is not null || !dates.TryRead(fields.Date.Text(cells), out var atMs))
        {
            problems.Add($"row {row} {problem ?? "has a date that cannot be read"}");
            return null;
        }

        // Two equal rows are two clicks: the row's number tells their messages apart.
        var element = json.Track(name, customer, fields.IsVisitor, atMs, row.ToString(CultureInfo.InvariantCulture), properties =>
        {
            foreach (var (property, value) in Properties())
            {
                var text = value.Text(cells);
                if (text.Length == 0) continue;
                string? unreadable = null;
                if (ReplayFields.IsNumber(property, value) && value.TryNumber(cells, out var exact, ref unreadable))
                    properties.WriteNumber(property, exact);
                else properties.WriteString(property, text);
            }
        });
        if (element.Length <= EventJson.MaxBytes) return new ReplayEvent(row - 1, customer, element);
        problems.Add($"row {row}: {element.Length:N0} bytes; an event may have {EventJson.MaxBytes:N0}");
        return null;
    }

    private IEnumerable<(string Property, Expression Value)> Properties()
    {
        foreach (var (field, property) in Renamed)
        {
            if (fields[field] is { } value) yield return (property, value);
        }

        foreach (var (name, value) in fields.Properties) yield return (name, value);
    }
}
