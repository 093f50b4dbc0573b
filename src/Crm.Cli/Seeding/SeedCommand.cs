using System.Diagnostics;
using System.Globalization;
using Crm.CommandLine;
using Crm.Running;

namespace Crm.Seeding;

/// <summary><c>crm seed</c>: records for trying and measuring. The silo's program makes them, by its own rules.</summary>
internal sealed class SeedCommand : ICliCommand
{
    private const int DefaultCustomers = 10_000;

    public string Name => "seed";

    public string Summary => "Fills an empty database with customers, companies, deals, activities and the rest.";

    public string Usage => "[--customers N] [--seed S] [--today DATE] [--add]";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("customers", "N", $"how many customers (default {DefaultCustomers}); all the rest is in proportion"),
        new("seed", "S", "a whole number (default 1): the same seed and day give the same records"),
        new("today", "DATE", "the day that all of it happened before, such as 2026-05-01 (default: this day, UTC)"),
        new("add", null, "also when the database holds records already"),
    ];

    public string Details => """
        For N customers: N/5 companies, 0.3 N deals, about 0.1 N orders, 3 N activities, 0.2 N tasks, 0.1 N leads, products, users and teams who own
        them, and two fields of one's own of customers. Customers are live profiles with a card; the events that made them are not in the history.
        It is one transaction: all of it, or nothing when it is ended. No silo may run on the database meanwhile.
        """;

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        var scale = new SeedScale(
            arguments.Number("customers", DefaultCustomers, 1, SeedScale.MaxCustomers), arguments.Number("seed", 1, 0, 999_999), Today(arguments.Text("today")));
        var postgres = await context.Postgres(cancellationToken);
        string[] words =
        [
            Fleet.Program("Crm.Silo", "Crm.Silo.dll"), "seed", Text(scale.Customers), Text(scale.Seed), scale.Today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            .. arguments.Has("add") ? (string[])["add"] : [],
        ];
        var start = new ProcessStartInfo(Fleet.Dotnet, words) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["CRM_POSTGRES"] = postgres;
        using var process = Process.Start(start)!;
        await using var end = cancellationToken.Register(process.Kill);
        var wrong = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var bar = new SeedBar(context.Error, !Console.IsErrorRedirected, TimeProvider.System);
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line) bar.Show(line);
        bar.End();
        await process.WaitForExitAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        if (process.ExitCode != 0) throw new CommandFailedException((await wrong).Trim());
        await context.Out.WriteLineAsync(bar.Said());
        return 0;
    }

    private static DateOnly Today(string? given)
    {
        if (given is null) return DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        return DateOnly.TryParseExact(given, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw new UsageException($"--today takes a day such as 2026-05-01, not \"{given}\".");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
