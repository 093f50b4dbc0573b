using System.Buffers;
using Crm.Clickstream;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Bench;

/// <summary>What Orleans carries at best: calls of trivial grains in another process, over the gateway.</summary>
internal sealed class GrainCeiling : IQuestion
{
    private const int BatchEvents = 100;
    private const int Grains = 20_000;

    public string Name => "grains";

    public string Asks => "How many calls a second reach trivial grains over the gateway from another process, and how many events when batches of 100 are routed there, one call a customer?";

    public string Estimate => "180-220 k calls/s; about 450 k events/s in routed batches.";

    public async Task Run(BenchOptions options, Report report)
    {
        var (siloPort, gatewayPort) = (options.Port + 1, options.Port + 2);
        using var silo = await ChildProcess.Start("echo-silo", $"{siloPort}", $"{gatewayPort}");
        await Measure(gatewayPort, silo, options.Seconds("seconds", 10), report);
    }

    private static async Task Measure(int gatewayPort, ChildProcess silo, TimeSpan duration, Report report)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleansClient(client => client.UseLocalhostClustering(gatewayPort));
        using var host = builder.Build();
        await host.StartAsync();
        var factory = (IGrainFactory)host.Services.GetService(typeof(IGrainFactory))!;
        var packed = CopyCeiling.Packed();
        var single = new LaneEvent[] { new(1, packed[0]) };
        var block = Block(packed);

        // Twice each: the first time activates the grains and compiles.
        await Calls(i => factory.GetGrain<IEchoGrain>($"u:u{i % Grains:D7}").Apply("lane", single, 0), 1, 200, TimeSpan.FromSeconds(5), silo);
        var calls = await Calls(i => factory.GetGrain<IEchoGrain>($"u:u{i % Grains:D7}").Apply("lane", single, 0), 1, 200, duration, silo);
        await Calls(i => factory.GetGrain<IRouterGrain>(i % 32).Route(block), BatchEvents, 32, TimeSpan.FromSeconds(3), silo);
        var routed = await Calls(i => factory.GetGrain<IRouterGrain>(i % 32).Route(block), BatchEvents, 32, duration, silo);
        report.Block(["| | a second | us of CPU, client | us of CPU, silo |", "|---|---|---|---|", $"| calls with one event | {calls}", $"| events routed in batches of 100 | {routed}"]);
        await host.StopAsync();
    }

    private static LogBlock Block(byte[][] packed)
    {
        var payload = new ArrayBufferWriter<byte>();
        foreach (var one in packed.Take(BatchEvents)) LogBlock.WriteEvent(payload, one);
        return new LogBlock(0, 1, BatchEvents, payload.WrittenSpan.ToArray());
    }

    private static async Task<string> Calls(Func<int, Task> call, int events, int atOnce, TimeSpan duration, ChildProcess silo)
    {
        var (done, next) = (0L, 0);
        var (mine, its) = (ChildProcess.OwnCpu, silo.Cpu);
        var began = Clock.Now;
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(async () =>
        {
            while (Clock.SecondsSince(began) < duration.TotalSeconds)
            {
                await call(Interlocked.Increment(ref next) & int.MaxValue);
                Interlocked.Add(ref done, events);
            }
        })));
        var seconds = Clock.SecondsSince(began);
        return $"**{done / seconds:N0}** | {(ChildProcess.OwnCpu - mine).TotalMicroseconds / done:0.0} | {(silo.Cpu - its).TotalMicroseconds / done:0.0} |";
    }
}
