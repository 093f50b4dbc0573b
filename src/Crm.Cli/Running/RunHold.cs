using Crm.CommandLine;
using Crm.Embedded;
using Crm.Hosting;

namespace Crm.Running;

/// <summary>The exclusive right to run on a data folder. The kernel ends it with the process, however that dies.</summary>
internal sealed class RunHold : IDisposable
{
    private readonly FileStream _lock;

    private RunHold(RunFolder folder, FileStream held)
    {
        Folder = folder;
        _lock = held;
    }

    public RunFolder Folder { get; }

    /// <summary>Takes the folder, ends what a killed run left on it, and empties it if asked to.</summary>
    /// <exception cref="CommandFailedException">Another run works on it, it must not be emptied, it cannot be used, or the port cannot.</exception>
    public static async Task<RunHold> Take(RunOptions options, TextWriter notes, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            return await TryTake(options, notes, clock, cancellationToken);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{options.DataFolder} cannot be the data folder: {refused.Message} Name another with --data.");
        }
    }

    public void Dispose()
    {
        Folder.DeletePid("run");
        _lock.Dispose();
    }

    private static async Task<RunHold> TryTake(RunOptions options, TextWriter notes, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (options is { Fresh: true, ExternalPostgres: not null })
        {
            throw new CommandFailedException("--fresh deletes the embedded server's data, but CRM_POSTGRES names another server. Empty that one's database by its own means.");
        }

        if (options.Fresh && !RunFolder.MayBeEmptied(options.DataFolder))
        {
            throw new CommandFailedException($"{options.DataFolder} holds something else than this product's data, so --fresh leaves it alone. Name another folder with --data.");
        }

        var folder = RunFolder.Create(options.DataFolder);
        var held = FileLock.TryTake(folder.Lock) ?? throw new CommandFailedException(
            $"another run{(folder.ReadPid("run") is { } id ? $" (process {id})" : "")} already works on {folder.Data}. End it first, or name another folder with --data.");
        try
        {
            folder.WritePid("run", Environment.ProcessId);
            await Leftovers.End(folder, notes, clock, cancellationToken);

            // Not before: what a killed run left behind may still hold the port. Not later: nothing is deleted for a run that cannot be.
            if (ListenCheck.Problem(options.Listen, options.Port, "--port", "--listen") is { } problem)
            {
                throw new CommandFailedException(problem);
            }

            if (options.Fresh)
            {
                await EmbeddedServer.Destroy(folder.Data, clock);
                folder.Empty();
            }

            return new RunHold(folder, held);
        }
        catch
        {
            folder.DeletePid("run");
            await held.DisposeAsync();
            throw;
        }
    }
}
