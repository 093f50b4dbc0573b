using System.Data.Common;
using System.Runtime.InteropServices;
using Crm.Embedded;
using Crm.Schema;

namespace Crm.CommandLine;

/// <summary>Finds the command, reads its options, runs it, and turns refusals into words and exit codes.</summary>
internal static class CommandRunner
{
    private const int Failed = 1;
    private const int AskedWrongly = 2;

    public static async Task<int> Run(string[] args)
    {
        using var stop = new CancellationTokenSource();
        UnixProcess.Unignore(UnixProcess.SigInt);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        return await Run(args, Console.Out, Console.Error, stop.Token);

        void Cancel(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    public static async Task<int> Run(string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (args is [] or ["help" or "--help" or "-h"])
        {
            CommandHelp.WriteList(args is [] ? error : output);
            return args is [] ? AskedWrongly : 0;
        }

        var name = args[0] == "help" ? args[1] : args[0];
        if (CommandList.All.FirstOrDefault(c => c.Name == name) is not { } command)
        {
            await error.WriteLineAsync($"crm: there is no command \"{name}\". \"crm help\" lists them.");
            return AskedWrongly;
        }

        if (args[0] == "help" || args.Contains("--help"))
        {
            CommandHelp.WriteOne(command, output);
            return 0;
        }

        try
        {
            var arguments = Arguments.Parse(args[1..], [.. command.Options, .. CliContext.Options]);
            await using var context = new CliContext(arguments, output, error);
            return await command.Run(arguments, context, cancellationToken);
        }
        catch (UsageException wrong)
        {
            await error.WriteLineAsync($"crm {name}: {wrong.Message} See \"crm help {name}\".");
            return AskedWrongly;
        }
        catch (Exception failed) when (failed is CommandFailedException or SchemaUpgradeException or EmbeddedServerException or DbException or HttpRequestException
            or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"crm {name}: {failed.Message}");
            return Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Failed;
        }
    }
}
