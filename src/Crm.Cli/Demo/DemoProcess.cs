using System.Globalization;
using Crm.CommandLine;
using Crm.Embedded;

namespace Crm.Demo;

/// <summary>The process of the demo shop, as the data folder knows it.</summary>
internal static class DemoProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The running demo of a data folder, or null. A file that outlived its process names nobody.</summary>
    public static UnixProcess? Find(CliContext context)
    {
        var file = Path.Combine(context.RunFolder, "demo.pid");
        return File.Exists(file)
            && int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && UnixProcess.Find(id) is { } process
            && process.CommandLine is { } words && words.Contains("demo") && words.Contains("run")
                ? process
                : null;
    }

    /// <summary>Ends it. It ends with code 0, and the supervisor leaves it ended.</summary>
    public static async Task<int> Stop(CliContext context, CancellationToken stop)
    {
        if (Find(context) is not { } process)
        {
            await context.Error.WriteLineAsync($"No demo shop runs on {context.DataFolder}.");
            return 0;
        }

        process.Signal(UnixProcess.SigTerm);
        if (!await process.WaitForExit(Patience, TimeProvider.System, stop))
            throw new CommandFailedException($"the demo shop (process {process.Id}) does not end.");
        await context.Error.WriteLineAsync("The demo shop is closed until the next ./run.");
        return 0;
    }
}
