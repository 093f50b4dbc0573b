using System.Diagnostics;
using System.Globalization;

namespace Crm.Bench;

/// <summary>The product on a database that <c>./crm seed</c> filled, or, with <c>--keep</c>, one that was filled before.</summary>
internal static class SeededProduct
{
    private const int QuietSeconds = 10;

    private static readonly TimeSpan s_settleLimit = TimeSpan.FromMinutes(30);

    /// <summary>Customers that are seeded.</summary>
    public static int Customers(BenchOptions options) => options.Whole("customers", 1_000_000);

    /// <summary>The seed.</summary>
    public static int Seed(BenchOptions options) => options.Whole("seed", 1);

    /// <summary>Seeds unless it is to keep what is there, starts, and waits until what seeding left to do is done.</summary>
    public static async Task<RunningProduct> Start(BenchOptions options, Report report)
    {
        if (!options.Has("keep"))
        {
            // Empties the folder as the product itself does.
            await (await RunningProduct.Start(options, keys: false)).DisposeAsync();
            report.Line("Seeded: " + await Fill(options) + ".");
            report.Line();
        }

        var product = await RunningProduct.Start(options, fresh: false);
        var began = Clock.Now;
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));

        // What a run before left to the log becomes due only as it is applied: nothing is due when nothing was for some seconds.
        for (var quiet = 0; quiet < QuietSeconds && Clock.SecondsSince(began) < s_settleLimit.TotalSeconds; quiet++)
        {
            if (await Waits(product)) quiet = -1;
            await second.WaitForNextTickAsync();
        }

        report.Line($"After the start, {Math.Max(0, Clock.SecondsSince(began) - QuietSeconds):0} s until the heat of deals, the lists and the orders of events were up to date.");
        report.Line();
        return product;
    }

    // A silo that ended is taken for alive for some seconds: until then seeding refuses.
    private static async Task<string> Fill(BenchOptions options)
    {
        const int Tries = 10;
        for (var left = Tries; ; left--)
        {
            using var process = Process.Start(Repository.Command(
                "crm", "seed", "--customers", Text(Customers(options)), "--seed", Text(Seed(options)), "--today", options.Text("today", "2026-11-01"), "--data", options.Data))!;
            var said = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (process.ExitCode == 0) return said.Trim();
            if (left == 1) throw new InvalidOperationException("crm seed failed.");
            await Task.Delay(TimeSpan.FromSeconds(3));
        }
    }

    private static async Task<bool> Waits(RunningProduct product)
    {
        await using var command = product.Database.CreateCommand("SELECT EXISTS (SELECT FROM heat_due) OR EXISTS (SELECT FROM order_due) OR EXISTS (SELECT FROM customer_list_due WHERE due_at <= now())");
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
