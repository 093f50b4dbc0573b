using Microsoft.Extensions.Logging;
using Npgsql;

namespace Crm.Embedded;

/// <summary>
/// The product's own PostgreSQL server: made by initdb inside the data folder, reachable by a Unix socket only.
/// It outlives its starter's death; the next start adopts it. Several processes may use one at a time.
/// </summary>
public sealed class EmbeddedServer : IAsyncDisposable
{
    /// <summary>The oldest major version of PostgreSQL that the product runs on.</summary>
    public const int OldestVersion = 15;

    // The last checkpoint of an unhurried stop: as long as a slow disk needs for all dirty pages.
    private static readonly TimeSpan UnhurriedStop = TimeSpan.FromSeconds(60);

    // Nobody has written yet, so a stop is short.
    private static readonly TimeSpan HalfStartedStop = TimeSpan.FromSeconds(2);

    // An immediate stop writes nothing: what takes longer hangs.
    private static readonly TimeSpan ImmediateStop = TimeSpan.FromSeconds(1);

    private readonly ServerFolders _folders;
    private readonly TimeProvider _clock;
    private readonly FileStream _use;

    private EmbeddedServer(ServerFolders folders, TimeProvider clock, FileStream use, PostmasterFile server, bool wasRunning)
    {
        _folders = folders;
        _clock = clock;
        _use = use;
        Process = server.Process;
        WasRunning = wasRunning;
        SocketFolder = server.SocketFolder!;
    }

    /// <summary>The server's process.</summary>
    public UnixProcess Process { get; }

    /// <summary>True when the server ran already and was adopted.</summary>
    public bool WasRunning { get; }

    /// <summary>The folder of the socket, for <c>psql -h</c>.</summary>
    public string SocketFolder { get; }

    /// <summary>The product's database, as its owner.</summary>
    public string ConnectionString => ServerDatabase.ConnectionString(SocketFolder);

    /// <summary>
    /// Adopts the server that runs on the data folder, or makes and starts one; returns when it takes connections
    /// and has the product's database.
    /// </summary>
    /// <exception cref="EmbeddedServerException">It cannot run; the message says why and what to do.</exception>
    public static async Task<EmbeddedServer> Start(
        EmbeddedServerOptions options, TimeProvider clock, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var folders = new ServerFolders(options.Folder);
        var account = ServerAccount.Choose();
        folders.Create(account);

        // Starters and stoppers take turns, so that nobody adopts what another is about to stop.
        await using var turn = await FileLock.Take(TurnLock(folders), clock, cancellationToken);
        var use = FileLock.TryShare(UseLock(folders)) ?? throw new EmbeddedServerException($"{UseLock(folders)} is held by a program that is not ours.");
        UnixProcess? started = null;
        try
        {
            var (server, wasRunning) = await new ServerStart(folders, account, options, clock, logger).Run(cancellationToken);
            started = wasRunning ? null : server.Process;
            await ServerDatabase.Ensure(server.SocketFolder!, cancellationToken);
            MarkPassing(folders, options.Stays, wasRunning);
            return new EmbeddedServer(folders, clock, use, server, wasRunning);
        }
        catch
        {
            // Nobody would know of it. Nobody else uses it either: it is still this starter's turn.
            if (started is { } half) await End(half, HalfStartedStop, clock);
            await use.DisposeAsync();
            throw;
        }
    }

    /// <summary>The server that runs on a data folder now; null when none does.</summary>
    public static UnixProcess? FindRunning(string folder) =>
        PostmasterFile.Read(new ServerFolders(folder).ClusterTarget)?.Process;

    /// <summary>Ends the server of a data folder and deletes all its data, wherever it lies.</summary>
    public static async Task Destroy(string folder, TimeProvider clock)
    {
        var folders = new ServerFolders(folder);
        if (FindRunning(folder) is { } running)
        {
            running.Signal(UnixProcess.SigQuit);
            if (!await running.WaitForExit(ImmediateStop, clock))
            {
                running.Signal(UnixProcess.SigKill);
                await running.WaitForExit(ImmediateStop, clock);
            }
        }

        string?[] parts = [folders.Outside, folders.OutsideSocketFolder];
        foreach (var part in parts.Where(Directory.Exists))
        {
            Directory.Delete(part!, recursive: true);
        }

        if (folders.Outside is not null)
        {
            File.Delete(folders.Cluster);
        }
        else if (Directory.Exists(folders.Cluster))
        {
            Directory.Delete(folders.Cluster, recursive: true);
        }
    }

    /// <summary>
    /// Stops the server for everybody: fast (clients are cut off, nothing is lost), and when it does not end within
    /// <paramref name="within"/>, at once (the next start recovers from its log, still losing nothing).
    /// </summary>
    public async Task Stop(TimeSpan within)
    {
        await using var turn = await FileLock.Take(TurnLock(_folders), _clock, CancellationToken.None);
        await _use.DisposeAsync();
        await End(Process, within, _clock);
    }

    /// <summary>Shortens the stop that follows: what a stop writes to the disk is written now, while clients still work.</summary>
    public async Task PrepareStop(CancellationToken cancellationToken)
    {
        try
        {
            await ServerDatabase.Checkpoint(SocketFolder, cancellationToken);
        }
        catch (Exception unreachable) when (unreachable is NpgsqlException or OperationCanceledException)
        {
            // The stop itself does without.
        }
    }

    /// <summary>Lets go of the server. Whoever is its last user stops it, unless it was started to stay.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_use.CanRead)
        {
            return; // Stopped.
        }

        await using var turn = await FileLock.Take(TurnLock(_folders), _clock, CancellationToken.None);
        await _use.DisposeAsync();
        await using var alone = FileLock.TryTake(UseLock(_folders));
        if (alone is not null && File.Exists(PassingMark(_folders)))
        {
            await End(Process, UnhurriedStop, _clock);
        }
    }

    private static void MarkPassing(ServerFolders folders, bool stays, bool wasRunning)
    {
        if (stays)
        {
            File.Delete(PassingMark(folders));
        }
        else if (!wasRunning)
        {
            File.WriteAllText(PassingMark(folders), "");
        }
    }

    private static async Task End(UnixProcess server, TimeSpan within, TimeProvider clock)
    {
        server.Signal(UnixProcess.SigInt);
        if (!await server.WaitForExit(within, clock))
        {
            server.Signal(UnixProcess.SigQuit);
            if (!await server.WaitForExit(ImmediateStop, clock))
            {
                server.Signal(UnixProcess.SigKill);
            }
        }
    }

    private static string TurnLock(ServerFolders folders) => Path.Combine(folders.Run, "postgres-start.lock");

    private static string PassingMark(ServerFolders folders) => Path.Combine(folders.Run, "postgres-passing");

    private static string UseLock(ServerFolders folders) => Path.Combine(folders.Run, "postgres-use.lock");
}
