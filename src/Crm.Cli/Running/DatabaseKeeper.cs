using Crm.Embedded;
using Microsoft.Extensions.Logging;

namespace Crm.Running;

/// <summary>Keeps the embedded PostgreSQL running, started here or adopted.</summary>
internal sealed partial class DatabaseKeeper(RunFolder folder, TimeProvider clock, ILogger logger)
{
    private const string Name = "postgres";

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly BackOff _backOff = new();
    private EmbeddedServer? _server;

    /// <summary>Starts or adopts the server, and returns its connection string (which stays the same after restarts).</summary>
    public async Task<string> Start(CancellationToken cancellationToken)
    {
        var options = new EmbeddedServerOptions
        {
            Folder = folder.Data,
            Stays = true,
            Environment = new Dictionary<string, string?>([Leftovers.Mark(folder)]),
        };
        _server = await EmbeddedServer.Start(options, clock, logger, cancellationToken);
        folder.WritePid(Name, _server.Process.Id);
        return _server.ConnectionString;
    }

    /// <summary>Starts it again whenever it dies, until cancelled.</summary>
    public async Task Keep(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            // An adopted server is no child of this process, so its life can only be looked at.
            while (_server is { Process.IsAlive: true })
            {
                await Task.Delay(LookEvery, clock, cancellationToken);
            }

            var wait = _backOff.After(clock.GetElapsedTime(started));
            LogDied(logger, wait.TotalSeconds);
            await Task.Delay(wait, clock, cancellationToken);
            started = clock.GetTimestamp();
            await Restart(cancellationToken);
        }
    }

    /// <summary>Writes out what a stop would have to write, while others still end.</summary>
    public Task PrepareStop(CancellationToken cancellationToken) => _server?.PrepareStop(cancellationToken) ?? Task.CompletedTask;

    public async Task Stop(TimeSpan within)
    {
        if (_server is not null)
        {
            await _server.Stop(within);
            folder.DeletePid(Name);
        }
    }

    private async Task Restart(CancellationToken cancellationToken)
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
            _server = null;
        }

        try
        {
            await Start(cancellationToken);
        }
        catch (EmbeddedServerException failed)
        {
            LogFailed(logger, failed);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL ended; starting it again in {Seconds:0.0} s.")]
    private static partial void LogDied(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL does not start.")]
    private static partial void LogFailed(ILogger logger, Exception failed);
}
