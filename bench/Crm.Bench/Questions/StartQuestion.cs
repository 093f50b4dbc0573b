namespace Crm.Bench;

/// <summary>How long a start takes.</summary>
internal sealed class StartQuestion : IQuestion
{
    public string Name => "start";

    public string Asks => "How long does ./run take on a built tree until it says ready? Target: under 10 s.";

    public string Estimate => "The build's check that nothing changed 2-3 s; initdb 0.5-1 s and the schema 0.3 s when fresh; silo and API side by side 2-3 s. 5-7 s.";

    public async Task Run(BenchOptions options, Report report)
    {
        report.Line("| start | seconds to ready | seconds to end after Ctrl-C |");
        report.Line("|---|---|---|");
        foreach (var (what, fresh) in new[] { ("fresh", true), ("existing data", false), ("fresh", true), ("existing data", false), ("fresh", true), ("existing data", false) })
        {
            var product = await RunningProduct.Start(options, fresh, keys: false);
            var ending = Clock.Now;
            await product.DisposeAsync();
            report.Line($"| {what} | {product.StartSeconds:0.0} | {Clock.SecondsSince(ending):0.0} |");
        }

        report.Line();
    }
}
