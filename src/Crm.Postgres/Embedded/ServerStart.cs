using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Crm.Embedded;

/// <summary>One start of the server: adopt what lives, else make the cluster if need be, start it and wait until it is ready.</summary>
internal sealed partial class ServerStart(
    ServerFolders folders, ServerAccount account, EmbeddedServerOptions options, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(200);

    // After a kill -9 of the server its children need a moment to notice and to let go of the shared memory.
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(60);

    // What passes by itself: parts of a killed server that are still on their way out.
    private static readonly string[] PassingTroubles = ["pre-existing shared memory block", "lock file \"postmaster.pid\" already exists", "Is another postmaster"];

    // Enough of the log's end to hold the reason of a failed start.
    private const int ReasonBytes = 4096;

    public async Task<(PostmasterFile Server, bool WasRunning)> Run(CancellationToken cancellationToken)
    {
        if (await Adopt(cancellationToken) is { } running)
        {
            LogAdopted(logger, running.Process.Id);
            return (running, true);
        }

        var binaries = await FindBinaries(cancellationToken);
        if (!folders.HasCluster)
        {
            await MakeCluster(binaries, cancellationToken);
        }

        var cluster = folders.ClusterTarget;
        var socket = await folders.CreateSocketFolder(account, cancellationToken);
        ServerSettings.Write(cluster, options.Durable);
        PostmasterFile.RemoveStale(cluster);

        var started = clock.GetTimestamp();
        while (true)
        {
            var logEnd = LogLength();
            if (await LaunchAndWait(binaries, cluster, socket, cancellationToken) is { } ready)
            {
                LogStarted(logger, ready.Process.Id, socket);
                return (ready, false);
            }

            var reason = ReadLog(logEnd);
            if (!PassingTroubles.Any(reason.Contains) || clock.GetElapsedTime(started) > LongestRetry)
            {
                throw new EmbeddedServerException($"PostgreSQL did not start. Its log ({folders.Log}) ends with:\n{reason.Trim()}");
            }

            LogRetry(logger);
            await Task.Delay(RetryEvery, clock, cancellationToken);
        }
    }

    private async Task<PostmasterFile?> Adopt(CancellationToken cancellationToken)
    {
        // It may be starting, recovering (which takes its time) or stopping: its end or an answer settles it.
        while (PostmasterFile.Read(folders.ClusterTarget) is { } running)
        {
            if (running is { IsReady: true, SocketFolder: { } socket } && await ServerDatabase.Answers(socket, cancellationToken))
            {
                return running;
            }

            await Task.Delay(PollEvery, clock, cancellationToken);
        }

        return null;
    }

    private async Task<string> FindBinaries(CancellationToken cancellationToken)
    {
        int? version = folders.HasCluster
            ? int.Parse((await File.ReadAllTextAsync(Path.Combine(folders.Cluster, "PG_VERSION"), cancellationToken)).Trim(), CultureInfo.InvariantCulture)
            : null;
        return await PostgresBinaries.Find(version, cancellationToken) ?? throw new EmbeddedServerException(version is null
            ? $"There is no PostgreSQL (version {EmbeddedServer.OldestVersion} or newer) on this machine. Install its server package, or set CRM_POSTGRES to the connection string of a server."
            : $"The data was made by PostgreSQL {version}, and that version's programs are not on this machine. Install its server package.");
    }

    private async Task MakeCluster(string binaries, CancellationToken cancellationToken)
    {
        var (fill, final) = await folders.PlaceCluster(account, cancellationToken);
        if (Directory.Exists(fill))
        {
            Directory.Delete(fill, recursive: true); // An initdb that was cut off.
        }

        await account.Own(fill, cancellationToken);
        IReadOnlyList<string> initdb =
        [
            Path.Combine(binaries, "initdb"), "--pgdata", fill, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8",
            .. options.Durable ? (string[])[] : ["--no-sync"],
        ];
        var (exitCode, output) = await DetachedProcess.Run(account.Wrap([.. initdb, "--locale", "C.UTF-8"]), cancellationToken);
        if (exitCode != 0)
        {
            // Not every system has C.UTF-8; C sorts alike.
            (exitCode, output) = await DetachedProcess.Run(account.Wrap([.. initdb, "--locale", "C"]), cancellationToken);
        }

        if (exitCode != 0)
        {
            throw new EmbeddedServerException($"initdb failed: {output.Trim()}");
        }

        ServerSettings.Include(fill);

        // Renamed when complete, so that a cluster that exists is whole.
        Directory.Move(fill, final);
        if (final != folders.Cluster)
        {
            File.CreateSymbolicLink(folders.Cluster, final);
            LogOutside(logger, account.Name!, folders.Run, final);
        }
    }

    private async Task<PostmasterFile?> LaunchAndWait(string binaries, string cluster, string socket, CancellationToken cancellationToken)
    {
        using var process = DetachedProcess.Start(
            account.Wrap(Path.Combine(binaries, "postgres"), "-D", cluster, "-c", "listen_addresses=", "-c", $"unix_socket_directories={socket}"),
            folders.Log,
            options.Environment,
            workingDirectory: "/");
        try
        {
            return await WaitUntilReady(process, cluster, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Nobody would know of it.
            UnixProcess.Find(process.Id)?.Signal(UnixProcess.SigQuit);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    private async Task<PostmasterFile?> WaitUntilReady(Process process, string cluster, CancellationToken cancellationToken)
    {
        // It may recover from a crash first, which takes as long as it takes.
        while (!process.HasExited)
        {
            if (PostmasterFile.Read(cluster) is { IsReady: true, SocketFolder: not null } ready && ready.Process.Id == process.Id)
            {
                return ready;
            }

            await Task.Delay(PollEvery, clock, cancellationToken);
        }

        return null;
    }

    private long LogLength() => new FileInfo(folders.Log) is { Exists: true } log ? log.Length : 0;

    private string ReadLog(long from)
    {
        using var log = new FileStream(folders.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Position = Math.Max(Math.Min(from, log.Length), log.Length - ReasonBytes);
        using var reader = new StreamReader(log);
        return reader.ReadToEnd();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL runs already (process {Id}); adopted.")]
    private static partial void LogAdopted(ILogger logger, int id);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL started (process {Id}, socket in {Folder}).")]
    private static partial void LogStarted(ILogger logger, int id, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL waits for parts of a killed server to end; trying again.")]
    private static partial void LogRetry(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The account {Account}, which runs PostgreSQL, cannot reach {Folder}; the database lies in {Place}, linked from the data folder.")]
    private static partial void LogOutside(ILogger logger, string account, string folder, string place);
}
