using System.Globalization;
using System.Text.Json.Nodes;
using Crm.CommandLine;
using Crm.Replay;
using Crm.Segments;

namespace Crm.Evaluating;

/// <summary>Clusters the customers of a file of transactions.</summary>
internal static class SegmentsEvaluation
{
    private const int MaxClusters = 50;
    private const long DayMs = 86_400_000;

    public static JsonObject Run(Arguments arguments, TextWriter notes, CancellationToken stop)
    {
        var began = TimeProvider.System.GetTimestamp();
        var k = arguments.Text("k") is null ? throw new UsageException("--k is missing.") : arguments.Number("k", 2, 2, MaxClusters);
        var problems = new ReplayProblems();
        var (customers, asOf) = Customers(arguments, problems, stop);
        if (problems.Count > 0)
        {
            notes.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{problems.Count:N0} rows cannot be read and do not count:"));
            foreach (var problem in problems.Shown) notes.WriteLine("  " + problem);
        }

        RfmClusters clusters;
        var seed = arguments.Number("seed", 1, 0, int.MaxValue);
        try
        {
            clusters = RfmClusters.Of(customers, k, arguments.Number("starts", 20, 1, 1_000), seed);
        }
        catch (ArgumentException tooFew)
        {
            throw new CommandFailedException($"{customers.Count} customers cannot be put into {k} clusters: {tooFew.Message}");
        }

        return new JsonObject
        {
            ["k"] = k,
            ["customers"] = customers.Count,
            ["asOf"] = DateTimeOffset.FromUnixTimeMilliseconds(asOf).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["inertia"] = clusters.Inertia,
            ["silhouette"] = clusters.Silhouette(seed: seed),
            ["daviesBouldin"] = clusters.DaviesBouldin,
            ["sizes"] = new JsonArray([.. clusters.Clusters.Select(c => (JsonNode)c.Members.Count)]),
            ["clusters"] = new JsonArray([.. clusters.Clusters.Select(c => Cluster(c, customers.Count))]),
            ["refusedRows"] = problems.Count,
            ["seconds"] = TimeProvider.System.GetElapsedTime(began).TotalSeconds,
        };
    }

    public static async Task Tell(JsonObject answer, TextWriter output)
    {
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{(int)answer["customers"]!:N0} customers in {(int)answer["k"]!} clusters: inertia {(double)answer["inertia"]!:N1}, silhouette {(double)answer["silhouette"]!:N3}, Davies-Bouldin {(double)answer["daviesBouldin"]!:N3}"));
        foreach (var cluster in answer["clusters"]!.AsArray())
        {
            var profile = cluster!["profile"]!;
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{(int)cluster["label"]!,3}  {(string)cluster["name"]!,-12} {(int)cluster["size"]!,8:N0}   median: {(decimal)profile["recencyDays"]!["median"]!:N0} days, {(decimal)profile["frequency"]!["median"]!:N0} orders, {(decimal)profile["monetary"]!["median"]!:N2}"));
        }
    }

    private static JsonNode Cluster(RfmCluster cluster, int all) => new JsonObject
    {
        ["label"] = cluster.Label,
        ["name"] = cluster.Name,
        ["size"] = cluster.Members.Count,
        ["share"] = (double)cluster.Members.Count / all,
        ["profile"] = new JsonObject
        {
            ["recencyDays"] = Spread(cluster.Members.Select(m => (decimal)m.RecencyDays)),
            ["frequency"] = Spread(cluster.Members.Select(m => (decimal)m.Frequency)),
            ["monetary"] = Spread(cluster.Members.Select(m => m.Monetary)),
        },
        ["members"] = new JsonArray([.. cluster.Members.Select(m => (JsonNode)m.Customer)]),
    };

    private static JsonObject Spread(IEnumerable<decimal> values)
    {
        decimal[] all = [.. values];
        return new JsonObject { ["mean"] = Math.Round(all.Average(), 4), ["median"] = RfmClusters.Median(all), ["min"] = all.Min(), ["max"] = all.Max() };
    }

    private static (List<Rfm> Customers, long AsOf) Customers(Arguments arguments, ReplayProblems problems, CancellationToken stop)
    {
        using var rows = CsvRows.Open(Path.GetFullPath(arguments.Required("transactions")), ReplayOptions.DelimiterOf(arguments.Text("delimiter")));
        var fields = ReplayFields.Create(arguments.Required("map"), rows.Columns, ReplayKind.Transactions);
        var where = arguments.Text("where") is { } text ? ExpressionParser.ParseCondition(text, rows.Columns) : null;
        var dates = DateReader.Create(arguments.Text("zone"), arguments.Text("date-format"));
        long? asOf = arguments.Text("as-of") switch
        {
            null => null,
            var day when dates.TryRead(day, out var ms) || DateReader.Create(arguments.Text("zone"), null).TryRead(day, out ms) => ms,
            var day => throw new UsageException($"--as-of is a date such as 2011-12-10, not \"{day}\"."),
        };
        var bought = new Dictionary<string, Bought>(StringComparer.Ordinal);
        var last = long.MinValue;
        foreach (var (number, cells) in rows.Rows(problems))
        {
            stop.ThrowIfCancellationRequested();
            if (where?.Holds(cells) == false) continue;
            if (Line(fields, dates, number, cells, problems) is not { } line || line.AtMs >= asOf) continue;
            last = Math.Max(last, line.AtMs);
            if (!bought.TryGetValue(line.Customer, out var one)) bought.Add(line.Customer, one = new Bought());
            one.Add(line);
        }

        if (bought.Count == 0) throw new CommandFailedException("no row counts: look at --where, --as-of and --map.");
        var now = asOf ?? (last / DayMs + 1) * DayMs;
        return ([.. bought.Select(b => b.Value.Of(b.Key, now)).OrderBy(c => c.Customer, StringComparer.Ordinal)], now);
    }

    private static (string Customer, string Order, long AtMs, decimal Amount)? Line(ReplayFields fields, DateReader dates, long number, string[] cells, ReplayProblems problems)
    {
        var customer = fields.Customer.Text(cells).Trim();
        string? problem = null;
        if (customer.Length == 0) problem = "names no customer";
        else if (!dates.TryRead(fields.Date.Text(cells), out var at)) problem = "has a date that cannot be read";
        else if (fields["amount"]!.TryNumber(cells, out var amount, ref problem))
            return (customer, fields["order"]?.Text(cells) ?? number.ToString(CultureInfo.InvariantCulture), at, amount);
        problems.Add($"row {number}: {problem}");
        return null;
    }

    private sealed class Bought
    {
        private readonly HashSet<string> _orders = new(StringComparer.Ordinal);
        private long _lastMs = long.MinValue;
        private decimal _sum;

        public void Add((string Customer, string Order, long AtMs, decimal Amount) line)
        {
            _orders.Add(line.Order);
            _lastMs = Math.Max(_lastMs, line.AtMs);
            _sum += line.Amount;
        }

        public Rfm Of(string customer, long nowMs) => new(customer, (int)((nowMs - _lastMs) / DayMs), _orders.Count, _sum);
    }
}
