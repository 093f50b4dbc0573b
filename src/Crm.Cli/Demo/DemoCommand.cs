using System.Globalization;
using System.Threading.Channels;
using Crm.CommandLine;
using Crm.Sending;

namespace Crm.Demo;

/// <summary><c>crm demo</c>: the demo shop's visitors.</summary>
internal sealed class DemoCommand : ICliCommand
{
    public string Name => "demo";

    public string Summary => "Runs, stops or erases the demo shop's visitors.";

    public string Usage => "run [--rate N] [--seed N] [--api URL --key KEY] | stop | erase";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("rate", "N", "events a second over a day, 1 to 2000 (default 30)"),
        new("seed", "N", "the same number makes the same visitors; each run must have its own (default: from the clock)"),
        new("api", "URL", "where to send (default: what runs on the data folder)"),
        new("key", "KEY", "write key (default: CRM_DEMO_KEY)"),
    ];

    public string Details => """
        run     is started by ./run: simulated visitors who browse, search, fill carts, sign in, buy, return goods,
                review and rate, through the public HTTP API. It runs until it is stopped.
        stop    ends it, until the next ./run (./run --no-demo starts without it).
        erase   removes the demo's customers: those of whom nothing but demo events is known, with their history and
                dead letters. ./run must have ended, with all events settled. The log's blocks leave with the log's
                retention; they are not delivered again.
        """;

    public Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken) => arguments.Words switch
    {
        ["run"] => Visitors(arguments, context, cancellationToken),
        ["stop"] => DemoProcess.Stop(context, cancellationToken),
        ["erase"] => DemoErasure.Run(context, cancellationToken),
        _ => throw new UsageException("it takes run, stop or erase."),
    };

    private static async Task<int> Visitors(Arguments arguments, CliContext context, CancellationToken stop)
    {
        var rate = arguments.Number("rate", 30, 1, 2_000);
        var clock = TimeProvider.System;
        var seed = arguments.Number("seed", (int)(clock.GetUtcNow().ToUnixTimeMilliseconds() & int.MaxValue), 0, int.MaxValue);
        var key = arguments.Text("key") ?? Environment.GetEnvironmentVariable("CRM_DEMO_KEY");
        if (string.IsNullOrEmpty(key)) throw new UsageException("--key is missing.");

        var run = seed.ToString("x", CultureInfo.InvariantCulture);
        using var http = EventSender.Connect(context.ApiFor(arguments), key, 2);
        var sender = new EventSender(http, clock, new Random(seed), new SenderOptions { GiveUpAfter = Timeout.InfiniteTimeSpan });
        var queue = Channel.CreateBounded<byte[]>(DemoSending.MostWaiting);
        var shop = new DemoShop(new DemoEvents(run, clock), new Random(seed), run, rate, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            // Either ends only by a fault or by being stopped; then the other has nothing left to do.
            var first = await Task.WhenAny(shop.Run(queue.Writer, ended.Token), DemoSending.Run(queue.Reader, sender, ended.Token));
            await ended.CancelAsync();
            await first;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await context.Error.WriteLineAsync("The demo shop is closed.");
        }

        return 0;
    }
}
