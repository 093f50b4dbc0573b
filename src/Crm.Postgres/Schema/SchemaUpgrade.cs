using System.Reflection;
using DbUp;
using DbUp.Engine;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Crm.Schema;

/// <summary>
/// Brings the database's tables to this build's version. The scripts are embedded, run in the order of
/// their numbers, each once and in its own transaction; <c>schema_versions</c> remembers them.
/// </summary>
public static partial class SchemaUpgrade
{
    // Any number does, as long as nobody else in the database uses it: "crmschem" in ASCII.
    internal const long LockKey = 0x63726D73_6368656D;

    private const string ScriptFolder = ".Schema.Scripts.";

    /// <summary>
    /// Runs what is missing. Whoever comes first does it under a lock of the database; others wait and find
    /// nothing left to do, so every process may call this at its start.
    /// </summary>
    /// <param name="connectionString">An Npgsql connection string whose user may create tables.</param>
    /// <param name="logger">Hears which scripts ran.</param>
    /// <param name="cancellationToken">Ends the wait for the lock; a script that runs is not cut off.</param>
    /// <exception cref="SchemaUpgradeException">A script failed; its transaction left nothing behind.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task Run(string connectionString, ILogger logger, CancellationToken cancellationToken)
    {
        // No pooling: the lock belongs to the session, and ends with it whatever happens.
        var own = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0 };
        await using var connection = new NpgsqlConnection(own.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using (var take = new NpgsqlCommand("select pg_advisory_lock($1)", connection) { Parameters = { new() { Value = LockKey } } })
        {
            await take.ExecuteNonQueryAsync(cancellationToken);
        }

        var result = await Task.Run(() => Upgrade(own.ConnectionString, Scripts()), cancellationToken);
        if (!result.Successful)
        {
            throw new SchemaUpgradeException(result.ErrorScript?.Name ?? "?", result.Error);
        }

        var names = result.Scripts.Select(s => s.Name).ToArray();
        if (names.Length > 0)
        {
            LogUpgraded(logger, names.Length, names);
        }
    }

    /// <summary>The same for a caller that holds the lock: the named scripts, or all.</summary>
    internal static async Task RunHeld(string connectionString, IReadOnlyCollection<string>? only, CancellationToken stop)
    {
        var result = await Task.Run(() => Upgrade(connectionString, Scripts().Where(s => only is null || only.Contains(s.Name))), stop);
        if (!result.Successful) throw new SchemaUpgradeException(result.ErrorScript?.Name ?? "?", result.Error);
    }

    /// <summary>The scripts of this build, in their order.</summary>
    internal static IReadOnlyList<SqlScript> Scripts() => Scripts(typeof(SchemaUpgrade).Assembly);

    private static DatabaseUpgradeResult Upgrade(string connectionString, IEnumerable<SqlScript> scripts) => DeployChanges.To
        .PostgresqlDatabase(connectionString)
        .WithScripts(scripts)
        .WithVariablesDisabled()
        .WithTransactionPerScript()
        .JournalToPostgresqlTable("public", "schema_versions")
        .LogToNowhere()
        .Build()
        .PerformUpgrade();

    private static SqlScript[] Scripts(Assembly assembly) =>
    [
        .. from resource in assembly.GetManifestResourceNames()
           let folder = resource.IndexOf(ScriptFolder, StringComparison.Ordinal)
           where folder >= 0
           let name = resource[(folder + ScriptFolder.Length)..]
           orderby name
           select SqlScript.FromStream(name, assembly.GetManifestResourceStream(resource)!),
    ];

    [LoggerMessage(Level = LogLevel.Information, Message = "Database schema: {Count} scripts ran ({Names}).")]
    private static partial void LogUpgraded(ILogger logger, int count, string[] names);
}
