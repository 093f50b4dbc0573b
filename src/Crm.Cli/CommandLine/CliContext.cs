using Crm.Embedded;
using Crm.Schema;
using Microsoft.Extensions.Logging;

namespace Crm.CommandLine;

/// <summary>
/// What every command shares: the data folder, the database, the API's address, and where to write.
/// </summary>
internal sealed class CliContext(Arguments arguments, TextWriter output, TextWriter error) : IAsyncDisposable
{
    private EmbeddedServer? _server;

    /// <summary>The folder that is meant when none is named.</summary>
    public const string DefaultDataFolder = "data";

    /// <summary>The options that every command takes.</summary>
    public static IReadOnlyList<CliOption> Options { get; } =
    [
        new("data", "DIR", "the folder of the data (default ./data)"),
    ];

    /// <summary>What was asked for, and nothing else.</summary>
    public TextWriter Out { get; } = output;

    /// <summary>Notes, progress and refusals.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Warnings and errors of the parts below, on stderr.</summary>
    public ILoggerFactory Logs { get; } = LoggerFactory.Create(logging => logging
        .SetMinimumLevel(LogLevel.Warning)
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));

    /// <summary>The data folder, absolute, links followed.</summary>
    public string DataFolder { get; } = RealPath.Of(arguments.Text("data") ?? DefaultDataFolder);

    /// <summary>The folder of process ids, sockets and addresses.</summary>
    public string RunFolder => Path.Combine(DataFolder, "run");

    /// <summary>The connection string in <c>CRM_POSTGRES</c>; null when it is not set.</summary>
    /// <exception cref="CommandFailedException">It cannot be read.</exception>
    public static string? GivenPostgres()
    {
        if (Environment.GetEnvironmentVariable("CRM_POSTGRES") is not { Length: > 0 } given) return null;
        return Database.Problem(given) is { } problem ? throw new CommandFailedException(problem) : given;
    }

    /// <summary>
    /// The connection string of the database with its schema in place: <c>CRM_POSTGRES</c>, else the data
    /// folder's own server, which is started for the command's duration when it does not run.
    /// </summary>
    /// <exception cref="CommandFailedException">There is no database to reach.</exception>
    public async Task<string> Postgres(CancellationToken cancellationToken)
    {
        var connectionString = await Server(cancellationToken);
        await SchemaUpgrade.Run(connectionString, Logs.CreateLogger("crm"), cancellationToken);
        return connectionString;
    }

    /// <summary>The same database as it is, with whatever schema.</summary>
    /// <exception cref="CommandFailedException">There is no database to reach.</exception>
    public async Task<string> Server(CancellationToken cancellationToken)
    {
        if (GivenPostgres() is { } given) return given;
        try
        {
            _server ??= await EmbeddedServer.Start(new EmbeddedServerOptions { Folder = DataFolder }, TimeProvider.System, Logs.CreateLogger("crm"), cancellationToken);
        }
        catch (EmbeddedServerException failed)
        {
            throw new CommandFailedException(failed.Message);
        }

        return _server.ConnectionString;
    }

    /// <summary>
    /// The address of the running API: <c>CRM_API_URL</c>, else what <c>crm run</c> noted in <c>DIR/run/api.url</c>.
    /// </summary>
    /// <exception cref="CommandFailedException">No API runs on the data folder.</exception>
    public Uri Api()
    {
        if (Environment.GetEnvironmentVariable("CRM_API_URL") is { Length: > 0 } given)
        {
            return new Uri(given);
        }

        var file = Path.Combine(RunFolder, "api.url");
        return File.Exists(file)
            ? new Uri(File.ReadAllText(file).Trim())
            : throw new CommandFailedException($"nothing runs on {DataFolder}. Start it with ./run, or name another folder with --data.");
    }

    /// <summary>The address given with <c>--api</c>, else <see cref="Api"/>.</summary>
    /// <exception cref="UsageException">It is no address.</exception>
    public Uri ApiFor(Arguments arguments)
    {
        if (arguments.Text("api") is not { } given) return Api();
        return Uri.TryCreate(given.TrimEnd('/') + "/", UriKind.Absolute, out var api) && api.Scheme is "http" or "https"
            ? api
            : throw new UsageException($"--api takes an address such as http://127.0.0.1:8080, not \"{given}\".");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Logs.Dispose();
    }
}
