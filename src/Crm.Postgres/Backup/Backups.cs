using System.Data;
using System.IO.Compression;
using Npgsql;

namespace Crm.Backup;

/// <summary>What a backup or a restored database holds.</summary>
/// <param name="Rows">Rows by table.</param>
public sealed record BackupReport(BackupHeader Header, IReadOnlyDictionary<string, long> Rows, long FileBytes);

/// <summary>Takes the whole database out, as it is at one moment, into one file. Nobody who writes has to wait.</summary>
public static class Backups
{
    internal const string Product = "Crm.Orleans";
    internal const int Format = 1;

    private const string MonthsSql = """
        SELECT substr(c.relname, 9)::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'history'::regclass AND c.relname ~ '^history_[0-9]{4}_[0-9]{2}$' ORDER BY 1
        """;

    private const string SequencesSql = """
        SELECT sequencename::text, coalesce(last_value, start_value), last_value IS NOT NULL FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1
        """;

    /// <summary>Writes <c>FILE.part</c>, and gives it its name when it is whole and on disk. Only its owner may read it.</summary>
    /// <param name="connectionString">The database, with the schema of this build.</param>
    /// <exception cref="BackupException">It cannot be made.</exception>
    public static async Task<BackupReport> Write(string connectionString, string path, TimeProvider clock, CancellationToken stop = default)
    {
        var part = path + ".part";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(part);
        try
        {
            BackupReport report;
            await using (var file = new FileStream(part, options))
            {
                report = await Write(connectionString, file, clock.GetUtcNow(), stop);
                file.Flush(flushToDisk: true);
            }

            File.Move(part, path, overwrite: true);
            return report;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private static async Task<BackupReport> Write(string connectionString, FileStream file, DateTimeOffset at, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await connection.OpenAsync(stop);
        await Note(connection, "backup", "{}", at, stop);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop);
        await using (var readOnly = new NpgsqlCommand("SET TRANSACTION READ ONLY", connection)) await readOnly.ExecuteNonQueryAsync(stop);
        var tables = await TableCatalog.Tables(connection, stop);
        var header = new BackupHeader(
            Product, Format, at, connection.PostgreSqlVersion.ToString(),
            await TableCatalog.Texts(connection, "SELECT scriptname FROM schema_versions ORDER BY scriptname", stop), await TableCatalog.Texts(connection, MonthsSql, stop));
        using var parts = new PartWriter(file);
        await parts.Begin(stop);
        await parts.Say(BackupFile.Header, header, stop);
        var rows = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in tables) rows[table.Name] = await Table(connection, table, parts, stop);

        // Sequences know no transactions: read last, they stand at or above all that was read.
        await parts.Say(BackupFile.Trailer, new BackupTrailer(await Sequences(connection, stop), rows), stop);
        await parts.Finish(stop);
        await file.FlushAsync(stop);
        return new BackupReport(header, rows, file.Length);
    }

    private static async Task<long> Table(NpgsqlConnection connection, KeptTable table, PartWriter parts, CancellationToken stop)
    {
        await parts.Say(BackupFile.Table, new TableBeginning(table.Name, table.Columns), stop);
        var rows = await TableCatalog.Count(connection, table.Name, stop);
        await using var data = new DataPartsOut(parts);
        (long Bytes, string Sha256) hashed;
        await using (var packed = new BrotliStream(data, CompressionLevel.Fastest, leaveOpen: true))
        await using (var copy = await connection.BeginRawBinaryCopyAsync(
            $"COPY (SELECT {table.List} FROM {TableCatalog.Quoted(table.Name)}) TO STDOUT (FORMAT binary)", stop))
            hashed = await Hashing.Copy(copy, packed, stop);
        await data.Send(stop);
        await parts.Say(BackupFile.End, new TableEnd(rows, hashed.Bytes, hashed.Sha256), stop);
        return rows;
    }

    private static async Task<List<SequenceValue>> Sequences(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(SequencesSql, connection);
        var sequences = new List<SequenceValue>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) sequences.Add(new SequenceValue(rows.GetString(0), rows.GetInt64(1), rows.GetBoolean(2)));
        return sequences;
    }

    /// <summary>A line in the audit: all that there is left the house, or came back.</summary>
    internal static async Task Note(NpgsqlConnection connection, string action, string details, DateTimeOffset at, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO audit (at, by_whom, kind, record, action, changes) VALUES ($1, 'crm', 'database', '', $2, $3::jsonb)", connection)
        {
            Parameters = { new() { Value = at.UtcDateTime }, new() { Value = action }, new() { Value = details } },
        };
        await command.ExecuteNonQueryAsync(stop);
    }
}
