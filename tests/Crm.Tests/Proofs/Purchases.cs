using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Crm.Proofs;

/// <summary>
/// What each customer of the Online Retail data bought, computed from the file alone: it shares no code with the product, not
/// even the reading of CSV.
/// </summary>
internal sealed record Purchases(int Orders, decimal Revenue, int Refunds, decimal Refunded, DateTime? First, DateTime? Last)
{
    /// <summary>The lines of the file, header first, each with its text and its cells. No cell holds a line break.</summary>
    public static List<(string Text, string[] Cells)> ReadLines(string path)
    {
        using var file = File.OpenRead(path);
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        using var reader = new StreamReader(unzipped);
        var lines = new List<(string, string[])>();
        while (reader.ReadLine() is { } line) lines.Add((line, Split(line)));
        return lines;
    }

    /// <summary>By customer: invoices are grouped by number, credit notes start with C, amounts are rounded once, at the end.</summary>
    public static Dictionary<string, Purchases> Compute(IReadOnlyList<(string Text, string[] Cells)> lines)
    {
        var header = lines[0].Cells;
        int Column(string name) => Array.IndexOf(header, name);
        var (invoice, quantity, date, price, customer) =
            (Column("InvoiceNo"), Column("Quantity"), Column("InvoiceDate"), Column("UnitPrice"), Column("CustomerID"));
        var documents =
            from line in lines.Skip(1)
            group line.Cells by (Customer: line.Cells[customer], Number: line.Cells[invoice]) into cells
            select (
                cells.Key.Customer,
                IsRefund: cells.Key.Number.StartsWith('C'),
                Amount: cells.Sum(c => Decimal(c[quantity]) * Decimal(c[price])),
                At: cells.Min(c => DateTime.ParseExact(c[date], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)));
        return documents.GroupBy(d => d.Customer).ToDictionary(d => d.Key, Of);
    }

    private static Purchases Of(IEnumerable<(string Customer, bool IsRefund, decimal Amount, DateTime At)> documents)
    {
        var orders = documents.Where(d => !d.IsRefund).ToList();
        var refunds = documents.Where(d => d.IsRefund).ToList();
        return new Purchases(
            orders.Count,
            Cents(orders.Sum(o => o.Amount)),
            refunds.Count,
            Cents(-refunds.Sum(r => r.Amount)),
            orders.Count == 0 ? null : orders.Min(o => o.At),
            orders.Count == 0 ? null : orders.Max(o => o.At));
    }

    private static decimal Cents(decimal amount) => Math.Round(amount, 2, MidpointRounding.AwayFromZero);

    private static decimal Decimal(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static string[] Split(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"') cell.Append(line[i++]);
            else if (line[i] == '"') quoted = !quoted;
            else if (line[i] == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else cell.Append(line[i]);
        }

        cells.Add(cell.ToString());
        return [.. cells];
    }
}
