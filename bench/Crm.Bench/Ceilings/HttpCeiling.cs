using System.Net;

namespace Crm.Bench;

/// <summary>What HTTP carries at best: the same requests to a web server that reads and answers, no more.</summary>
internal sealed class HttpCeiling : IQuestion
{
    public string Name => "http";

    public string Asks => "How many events a second come over HTTP in the same batches of 100 to a Kestrel that only reads them, and what does the generator cost?";

    public string Estimate => "A batch of 29 KB takes about 30 us of the generator and 40 us of Kestrel: 1 M events/s or more on two cores, under 1 us an event each.";

    public async Task Run(BenchOptions options, Report report)
    {
        using var server = await ChildProcess.Start("echo-http", $"{options.Port + 3}");
        var load = new LoadOptions
        {
            Api = new IPEndPoint(IPAddress.Loopback, options.Port + 3),
            WriteKey = "key",
            Events = new ShopEvents(Runs.NewId()),
            Customers = new ZipfChoice(options.Customers),
            Duration = TimeSpan.FromSeconds(3),
        };
        await new LoadGenerator(load).Run();
        var generator = new LoadGenerator(load with { Duration = options.Seconds("seconds", 10) });
        var (mine, its, began) = (ChildProcess.OwnCpu, server.Cpu, Clock.Now);
        await generator.Run();
        var seconds = Clock.SecondsSince(began);
        report.Block([
            "| events/s | us of CPU an event, generator | us of CPU an event, Kestrel |", "|---|---|---|",
            $"| **{generator.Acked / seconds:N0}** | {(ChildProcess.OwnCpu - mine).TotalMicroseconds / generator.Acked:0.00} | {(server.Cpu - its).TotalMicroseconds / generator.Acked:0.00} |"]);
    }
}
