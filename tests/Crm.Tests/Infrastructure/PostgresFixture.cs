using Crm.Embedded;
using Crm.Schema;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Crm.Infrastructure;

/// <summary>
/// A database of its own for a test class (<c>IClassFixture&lt;PostgresFixture&gt;</c>), with the schema in place,
/// on the one server of the test run.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private NpgsqlDataSource? _source;

    /// <summary>The connection string of the class's database; its user owns the database.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>A pool on the class's database.</summary>
    public NpgsqlDataSource Source => _source ??= NpgsqlDataSource.Create(ConnectionString);

    public async Task InitializeAsync() => ConnectionString = await TestServer.CreateDatabase(withSchema: true);

    public async Task DisposeAsync()
    {
        if (_source is not null)
        {
            await _source.DisposeAsync();
        }

        NpgsqlConnection.ClearPool(new NpgsqlConnection(ConnectionString));
        await TestServer.DropDatabase(ConnectionString);
    }
}

/// <summary>
/// The one PostgreSQL server of a test run: the product's own, without fsync. It starts with the first test that
/// needs it and ends with the test process.
/// </summary>
internal static class TestServer
{
    private const string Template = "crm_template";

    private static readonly SemaphoreSlim Creating = new(1);
    private static readonly Lazy<Task<EmbeddedServer>> Server = new(Start);
    private static int _databases;

    /// <summary>The server's connection string, as the owner of its databases.</summary>
    public static async Task<string> ConnectionString() => (await Server.Value).ConnectionString;

    /// <summary>A new database, with or without the product's tables.</summary>
    public static async Task<string> CreateDatabase(bool withSchema)
    {
        var server = await Server.Value;
        var name = $"test_{Interlocked.Increment(ref _databases)}";

        // A template must have no visitors while it is copied.
        await Creating.WaitAsync();
        try
        {
            await AsAdministrator(server, $"create database {name} owner crm template {(withSchema ? Template : "template0")}");
        }
        finally
        {
            Creating.Release();
        }

        return new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name, MaxPoolSize = 20 }.ConnectionString;
    }

    public static async Task DropDatabase(string connectionString) => await AsAdministrator(
        await Server.Value, $"drop database {new NpgsqlConnectionStringBuilder(connectionString).Database} with (force)");

    private static async Task<EmbeddedServer> Start()
    {
        var folder = new TempFolder();
        var server = await EmbeddedServer.Start(
            new EmbeddedServerOptions { Folder = folder.Path, Durable = false }, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        EndWithTheTests(server.Process, folder.Path);

        await AsAdministrator(server, $"create database {Template} owner crm");
        var template = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = Template, Pooling = false };
        await SchemaUpgrade.Run(template.ConnectionString, NullLogger.Instance, CancellationToken.None);
        return server;
    }

    // A process of its own sees the tests' end however that comes; a handler inside would be cut off by the runner.
    private static void EndWithTheTests(UnixProcess server, string folder) => DetachedProcess.Start(
        ["sh", "-c", "tail --pid=$1 -f /dev/null; kill -QUIT $2; tail --pid=$2 -f /dev/null; rm -rf \"$3\"", "sh", $"{Environment.ProcessId}", $"{server.Id}", folder],
        "/dev/null",
        new Dictionary<string, string?>(),
        "/").Dispose();

    private static async Task AsAdministrator(EmbeddedServer server, string sql)
    {
        var administrator = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "postgres", Database = "postgres", Pooling = false };
        await using var connection = new NpgsqlConnection(administrator.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
