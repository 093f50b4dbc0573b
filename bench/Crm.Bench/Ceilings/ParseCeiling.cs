using System.Text.Json;

namespace Crm.Bench;

/// <summary>What one core reads at best: the tokens of the same bodies; and how fast the generator makes them.</summary>
internal sealed class ParseCeiling : IQuestion
{
    private const int BatchEvents = 100;

    public string Name => "parse";

    public string Asks => "How many events a second does one core read from the same bodies with Utf8JsonReader, and how many does the generator make?";

    public string Estimate => "Tokens alone 1.5-2 M events/s; the generator, a copy and 60 patched bytes, 5 M/s.";

    public Task Run(BenchOptions options, Report report)
    {
        var duration = options.Seconds("seconds", 5);
        var events = new ShopEvents(Runs.NewId());
        var random = new SplitMix(1);
        var choice = new ZipfChoice(options.Customers);
        var customers = new int[BatchEvents];
        var batch = new EventBatch("/v1/batch", "key", BatchEvents, events.LargestBytes);
        Make();
        var bodies = Enumerable.Range(0, 20).Select(_ => Make()).ToArray();
        foreach (var body in bodies) Tokens(body);

        report.Line($"Events of {events.MeanBytes:0} bytes, in batches of {BatchEvents}.");
        report.Block([
            "| | events/s on one core | us an event |", "|---|---|---|",
            Row("tokens (Utf8JsonReader)", Repeat(i => Tokens(bodies[i % bodies.Length]), duration)),
            Row("generator makes", Repeat(_ => Fill(), duration))]);
        return Task.CompletedTask;

        void Fill()
        {
            choice.Choose(customers, ref random);
            batch.Fill(events, customers, LoadGenerator.TakeNumbers(BatchEvents), TimeProvider.System.GetUtcNow(), ref random);
        }

        byte[] Make()
        {
            Fill();
            return batch.Body.ToArray();
        }
    }

    private static string Row(string what, double perSecond) => $"| {what} | {perSecond:N0} | {1e6 / perSecond:0.00} |";

    private static double Repeat(Action<int> once, TimeSpan duration)
    {
        var began = Clock.Now;
        var done = 0;
        for (; Clock.SecondsSince(began) < duration.TotalSeconds; done++) once(done);
        return done * BatchEvents / Clock.SecondsSince(began);
    }

    private static void Tokens(byte[] body)
    {
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
        }
    }
}
