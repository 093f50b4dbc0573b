using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.CommandLine;

namespace Crm.Evaluating;

/// <summary><c>crm evaluate</c>: runs what the product learns on a file of one's own, and says how well it did.</summary>
internal sealed class EvaluateCommand : ICliCommand
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public string Name => "evaluate";

    public string Summary => "Runs what the product learns on a file, and says how well it did.";

    public string Usage => "segments --transactions FILE --map FIELDS --k K [options]";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("transactions", "FILE", "CSV, also .gz: a row is a line of an order"),
        new("map", "FIELDS", "which columns say what: customer=,date=,amount=EXPRESSION,order= (see crm help replay)"),
        new("where", "CONDITION", "rows that count, such as \"Quantity > 0 and InvoiceNo not like 'C%'\" (default: all)"),
        new("k", "K", "how many clusters, 2 to 50"),
        new("as-of", "DATE", "the day to which recency counts; later rows do not count (default: the day after the last row)"),
        new("starts", "N", "how often k-means begins anew (default 20)"),
        new("seed", "N", "decides what is drawn (default 1)"),
        new("zone", "ZONE", "time zone of dates without offset (default UTC)"),
        new("date-format", "FORM", "form of the dates, such as dd/MM/yyyy HH:mm, unix or unixms"),
        new("delimiter", "SIGN", "what separates cells: one sign, or tab (default: told from the first lines)"),
        new("json", null, "the answer as JSON, with the members of each cluster"),
    ];

    public string Details => """
        segments clusters customers by recency (days since the last order), frequency (orders) and money (sum of the amounts): logarithms,
        scaled to mean 0 and deviation 1, k-means. Clusters are numbered from who spends most, and named by their profile: best, leaving
        (bought much, not lately), new (lately, little), lapsed.
          crm evaluate segments --transactions sales.csv.gz --map "customer=CustomerID,date=InvoiceDate,amount=Quantity*UnitPrice,order=InvoiceNo" --where "Quantity > 0 and UnitPrice > 0" --k 4 --as-of 2011-12-10 --json
        """;

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        if (arguments.Words is not ["segments"]) throw new UsageException("it takes what is to be evaluated: segments.");
        var answer = SegmentsEvaluation.Run(arguments, context.Error, cancellationToken);
        if (arguments.Has("json")) await context.Out.WriteLineAsync(answer.ToJsonString(s_indented));
        else await SegmentsEvaluation.Tell(answer, context.Out);
        return 0;
    }
}
