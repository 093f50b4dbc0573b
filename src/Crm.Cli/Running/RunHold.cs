using Crm.CommandLine;
using Crm.Embedded;

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
    /// <exception cref="CommandFailedException">Another run works on it, or it must not be emptied.</exception>
    public static async Task<RunHold> Take(RunOptions options, TextWriter notes, TimeProvider clock, CancellationToken cancellationToken)
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
            if (options.Fresh)
            {
                await EmbeddedServer.Destroy(folder.Data, clock);
                folder.Empty();
            }

            return new RunHold(folder, held);
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    public void Dispose()
    {
        Folder.DeletePid("run");
        _lock.Dispose();
    }
}
