using System.Net;
using Crm.CommandLine;

namespace Crm.Running;

/// <summary><c>crm run</c>: starts everything on one machine and keeps it running until Ctrl-C.</summary>
internal sealed class RunCommand : ICliCommand
{
    // Beyond it one machine gains nothing, and the server's connections run out.
    private const int MostSilos = 8;

    public string Name => "run";

    public string Summary => "starts the product on this machine and keeps it running until Ctrl-C";

    public string Usage => "[options]";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("port", "P", "the port of the HTTP API and the page (default 8080)"),
        new("listen", "ADDR", "the address it listens on (default 127.0.0.1; 0.0.0.0 for all)"),
        new("silos", "N", "how many silo processes (default 1)"),
        new("no-demo", null, "without the demo shop's visitors"),
        new("fresh", null, "deletes all data first"),
    ];

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        if (arguments.Words is [var word, ..])
        {
            throw new UsageException($"It takes no \"{word}\".");
        }

        var options = new RunOptions
        {
            DataFolder = context.DataFolder,
            Listen = Address(arguments.Text("listen") ?? "127.0.0.1"),
            Port = arguments.Number("port", 8080, min: 1, max: 65535),
            Silos = arguments.Number("silos", 1, min: 1, max: MostSilos),
            Demo = !arguments.Has("no-demo"),
            Fresh = arguments.Has("fresh"),
            ExternalPostgres = CliContext.GivenPostgres(),
        };

        using var hold = await RunHold.Take(options, context.Error, TimeProvider.System, cancellationToken);
        using var log = new RunLog(hold.Folder.Log("run"), context.Error, TimeProvider.System);
        await new Supervisor(options, hold.Folder, context.Out, TimeProvider.System, log).Run(cancellationToken);
        return 0;
    }

    private static IPAddress Address(string text) =>
        text == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(text, out var address) ? address
        : throw new UsageException($"--listen takes an IP address such as 127.0.0.1 or 0.0.0.0, not \"{text}\".");
}
