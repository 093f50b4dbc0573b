using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>
/// Makes the indexes of fields of one's own, and drops those of fields that are gone, without stopping anybody's writes. One process
/// does at a time; who comes second does not wait, for an index waits for all who do.
/// </summary>
internal sealed partial class CustomFieldIndexes(NpgsqlDataSource database, TimeProvider clock, ILogger<CustomFieldIndexes> logger) : BackgroundService
{
    // Any number does, as long as nobody else in the database uses it: "crmindex" in ASCII.
    private const long LockKey = 0x63726D69_6E646578;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);

    /// <summary>Makes and drops what is missing and left over.</summary>
    internal async Task Look(CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        if (!await Ask<bool>(connection, "SELECT pg_try_advisory_lock($1)", stop, LockKey)) return;
        try
        {
            foreach (var (field, number) in await Missing(connection, stop))
            {
                await Do(connection, $"DROP INDEX CONCURRENTLY IF EXISTS custom_{number}", stop);
                await Do(connection, Create(field, number), stop);
                await Do(connection, $"UPDATE custom_field SET indexed_at = now() WHERE number = {number}", stop);
            }

            while (await Ask<string?>(connection, """
                SELECT min(indexrelname) FROM pg_stat_user_indexes WHERE indexrelname ~ '^custom_[0-9]+$'
                  AND NOT EXISTS (SELECT FROM custom_field WHERE indexrelname = 'custom_' || number)
                """, stop) is { } leftOver)
                await Do(connection, $"DROP INDEX CONCURRENTLY IF EXISTS {leftOver}", stop);
        }
        finally
        {
            await Ask<bool>(connection, "SELECT pg_advisory_unlock($1)", CancellationToken.None, LockKey);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        var failing = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Look(stoppingToken);
                failing = false;
            }
            catch (Exception failure) when (failure is NpgsqlException or TimeoutException or IOException && !stoppingToken.IsCancellationRequested)
            {
                if (!failing) LogFailed(failure.GetType().Name);
                failing = true;
            }
        }
    }

    internal static CustomFieldIndexes Of(string connectionString, TimeProvider clock, ILogger<CustomFieldIndexes> logger) => new(
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "crm indexes",
            MaxPoolSize = 1,
            MinPoolSize = 0,
            // A million records take what they take.
            CommandTimeout = 0,
        }),
        clock,
        logger);

    public override void Dispose()
    {
        database.Dispose();
        base.Dispose();
    }

    // In the order of lists; several choices are looked up one by one.
    private static string Create(CustomField field, long number)
    {
        var table = RecordTable.Of(field.Kind);
        var column = table.Column(field.Rule.Field);
        var over = field.Type switch
        {
            FieldType.Choices => $"gin ({column.Sql})",
            FieldType.Money => $"btree ({column.Worth}, id)",
            _ => $"btree ({column.Sql}, id)",
        };
        return $"CREATE INDEX CONCURRENTLY custom_{number} ON {table.Name} USING {over} WHERE deleted_at IS NULL";
    }

    private static async Task<IReadOnlyList<(CustomField Field, long Number)>> Missing(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("""
            SELECT id, kind, name, type, label, required, choices, linked_kind, deleted_at, false, record_version, created_at, updated_at, number
            FROM custom_field WHERE indexed_at IS NULL ORDER BY number
            """, connection);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var fields = new List<(CustomField, long)>();
        while (await rows.ReadAsync(stop)) fields.Add((CustomFields.Read(rows), rows.GetInt64(13)));
        return fields;
    }

    private static async Task<T?> Ask<T>(NpgsqlConnection connection, string sql, CancellationToken stop, long? key = null)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (key is not null) command.With(NpgsqlDbType.Bigint, key);
        return await command.ExecuteScalarAsync(stop) is T value ? value : default;
    }

    private static async Task Do(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(stop);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Indexes of fields of one's own cannot be made now ({Reason}); lists by them are slower until they are")]
    private partial void LogFailed(string reason);
}
