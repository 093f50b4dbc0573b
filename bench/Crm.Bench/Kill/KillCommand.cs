using System.Globalization;

namespace Crm.Bench;

/// <summary>
/// <c>Crm.Bench kill --target silo|api|postgres|one-of-two|all [--rounds 5] [--seconds 20] [--rate 10000] [--customers 20000]
/// [--seed 1] [--outage SECONDS] [--data DIR] [--port P]</c>: the kill proof on a product that it starts by <c>./run</c>.
/// </summary>
internal static class KillCommand
{
    public static async Task<int> Run(IReadOnlyList<string> words)
    {
        var given = new BenchOptions(words);
        var target = given.Text("target", "all");
        var failed = 0;
        foreach (var name in target == "all" ? ["silo", "api", "postgres", "one-of-two"] : new[] { target })
        {
            var options = new KillOptions
            {
                Victim = KillOptions.VictimOf(name),
                Rounds = given.Whole("rounds", 5),
                Seconds = given.Number("seconds", 20),
                Rate = given.Number("rate", 10_000),
                Customers = given.Whole("customers", 20_000),
                Seed = given.Whole("seed", 1),
                OutageLimit = given.Number("outage", 0) is > 0 and var limit ? limit : null,
            };
            Say($"== kill -9 of {name}: {options.Rounds} rounds of {options.Seconds} s at {options.Rate} events/s");
            var bench = new BenchOptions([.. words, "--silos", options.Silos.ToString(CultureInfo.InvariantCulture)]);
            await using var product = await RunningProduct.Start(bench);
            var subject = new KillSubject(product.Api, product.DataFolder, product.WriteKey, product.ServerKey, product.Database);
            var wrong = await new KillProof(subject, options, Say).Run();
            foreach (var one in wrong) Say("WRONG: " + one);
            Say(wrong.Count == 0 ? $"{name}: passed" : $"{name}: FAILED");
            failed += wrong.Count == 0 ? 0 : 1;
        }

        return failed == 0 ? 0 : 1;
    }

    private static void Say(string line) => Console.WriteLine(line);
}
