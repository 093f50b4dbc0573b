using System.Globalization;
using Crm.Infrastructure;

namespace Crm.Forecasts;

/// <summary>An opportunity of the file.</summary>
/// <param name="Close">The day of its end; of what is open a day that we expect.</param>
/// <param name="Amount">What it was closed at, or its product's price.</param>
internal sealed record Opportunity(string Id, string Agent, string Product, string Account, string Stage, DateOnly? Close, decimal Amount);

/// <summary>Who sells, for whom, from where.</summary>
internal sealed record Agent(string Name, string Manager, string Office);

/// <summary>A public data set: the opportunities of a company, its accounts, products and agents.</summary>
internal sealed class SalesFile
{
    /// <summary>One of so many opportunities is used by the short test: some of each stage.</summary>
    private const int Sample = 29;

    public SalesFile(bool whole)
    {
        Prices = Rows("products").ToDictionary(p => Product(p[0]), p => decimal.Parse(p[2], CultureInfo.InvariantCulture));
        Agents = [.. Rows("sales_teams").Select(a => new Agent(a[0], a[1], a[2]))];
        Accounts = Rows("accounts").ToDictionary(a => a[0], a => a[6].Length > 0 ? a[6] : null);
        var all = Rows("sales_pipeline").Select(Of).ToArray();
        Size = all.Length;
        Opportunities = [.. all.Where((_, at) => whole || at % Sample == 0)];
    }

    /// <summary>Opportunities of the file.</summary>
    public int Size { get; }

    public IReadOnlyList<Opportunity> Opportunities { get; }

    /// <summary>By product.</summary>
    public IReadOnlyDictionary<string, decimal> Prices { get; }

    public IReadOnlyList<Agent> Agents { get; }

    /// <summary>Accounts, each with the one that it belongs to.</summary>
    public IReadOnlyDictionary<string, string?> Accounts { get; }

    // What is open has neither a day nor a value in the file: it is expected ninety days after it began, at its product's price.
    private Opportunity Of(string[] cells)
    {
        var (engaged, closed, product) = (Day(cells[5]), Day(cells[6]), Product(cells[2]));
        var value = cells[7].Length > 0 ? decimal.Parse(cells[7], CultureInfo.InvariantCulture) : Prices[product];
        return new Opportunity(cells[0], cells[1], product, cells[3], cells[4], closed ?? engaged?.AddDays(90), value);
    }

    // The two files write one of them differently.
    private static string Product(string name) => name.Replace(" ", "", StringComparison.Ordinal);

    private static DateOnly? Day(string text) => text.Length == 0 ? null : DateOnly.ParseExact(text, "dd-MM-yyyy", CultureInfo.InvariantCulture);

    private static IEnumerable<string[]> Rows(string file) =>
        File.ReadLines(Path.Combine(DataFactAttribute.Folder, "crm_sales_pipeline", file + ".csv")).Skip(1).Where(l => l.Length > 0).Select(l => l.Split(','));
}
