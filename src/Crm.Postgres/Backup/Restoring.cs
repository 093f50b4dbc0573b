using System.IO.Compression;
using System.Text.Json;
using Crm.Privacy;
using Crm.Schema;
using Npgsql;

namespace Crm.Backup;

/// <summary>Puts a backup into an empty database. All rows come in one transaction.</summary>
public sealed class Restoring
{
    private const string EmptySql = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')";

    // All of it is the schema's: the database was empty before. What extensions brought is theirs.
    private const string ClearSql = """
        DO $$
        DECLARE made text;
        BEGIN
          FOREACH made IN ARRAY coalesce((SELECT array_agg(sql) FROM (
            SELECT format('DROP %s IF EXISTS %I.%I CASCADE', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, 'public', relname) AS sql
            FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
            UNION ALL
            SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure)
            FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')) AS all_of_it), '{}')
          LOOP
            EXECUTE made;
          END LOOP;
        END $$
        """;

    private readonly NpgsqlConnection _connection;
    private readonly PartReader _parts;
    private readonly TimeProvider _clock;

    private Restoring(NpgsqlConnection connection, PartReader parts, TimeProvider clock) => (_connection, _parts, _clock) = (connection, parts, clock);

    /// <summary>Verifies the file first: nothing is touched for one that was altered or cut off.</summary>
    /// <param name="connectionString">An empty database.</param>
    /// <param name="erasures">What <see cref="ErasureLists"/> wrote: people who were erased after the backup are to be erased again. Null for none.</param>
    /// <exception cref="BackupException">It cannot be restored; says why.</exception>
    public static async Task<BackupReport> Run(
        string connectionString, string path, string? erasures, TimeProvider clock, CancellationToken stop = default)
    {
        await using var file = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        var parts = new PartReader(file);
        var header = await parts.Verify(stop);
        var list = erasures is null ? null : await ErasureLists.Read(erasures, stop);
        var unknown = header.Scripts.Except(SchemaUpgrade.Scripts().Select(s => s.Name)).ToArray();
        if (header is not { Product: Backups.Product, Format: Backups.Format } || unknown.Length > 0)
            throw new BackupException($"The backup is of a newer version of the product ({string.Join(", ", unknown)}): restore it with that version.");
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0 };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(stop);

        // Whoever starts meanwhile waits for this lock before it looks at the schema.
        await Do(connection, $"SELECT pg_advisory_lock({SchemaUpgrade.LockKey})", stop);
        await using (var tables = new NpgsqlCommand(EmptySql, connection))
            if ((long)(await tables.ExecuteScalarAsync(stop))! > 0)
                throw new BackupException("The database is not empty: a backup is restored into a new database or a new folder of data only. Nothing was changed.");
        IReadOnlyDictionary<string, long> rows;
        try
        {
            await SchemaUpgrade.RunHeld(settings.ConnectionString, header.Scripts, stop);
            rows = await new Restoring(connection, parts, clock).Load(header, list, stop);
        }
        catch
        {
            await Clear(settings.ConnectionString);
            throw;
        }

        await SchemaUpgrade.RunHeld(settings.ConnectionString, null, stop);
        await Do(connection, "ANALYZE", stop);
        return new BackupReport(header, rows, file.Length);
    }

    // As it was, so that the next attempt finds it empty; also for who gave up waiting. Where even that fails the first fault is told.
    private static async Task Clear(string connectionString)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync();
            await Do(connection, ClearSql, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The next attempt says that the database is not empty.
        }
    }

    private async Task<IReadOnlyDictionary<string, long>> Load(BackupHeader header, ErasureList? list, CancellationToken stop)
    {
        await using var transaction = await _connection.BeginTransactionAsync(stop);
        var tables = (await TableCatalog.Tables(_connection, stop)).ToDictionary(t => t.Name);
        foreach (var table in tables.Keys) await Do(_connection, $"ALTER TABLE {TableCatalog.Quoted(table)} DISABLE TRIGGER USER", stop);

        // What the scripts put in is in the backup, as it was then.
        await Do(_connection, $"TRUNCATE {string.Join(", ", tables.Keys.Select(TableCatalog.Quoted))} CASCADE", stop);
        foreach (var month in header.HistoryMonths) await Month(month, stop);
        var trailer = await Tables(tables, stop);
        if (!trailer.Rows.Keys.Order(StringComparer.Ordinal).SequenceEqual(tables.Keys.Order(StringComparer.Ordinal)))
            throw new BackupException("The backup does not hold the tables of its version.");
        foreach (var sequence in trailer.Sequences) await Set(sequence, stop);
        foreach (var table in tables.Keys) await Do(_connection, $"ALTER TABLE {TableCatalog.Quoted(table)} ENABLE TRIGGER USER", stop);

        // Another log: positions of the one before say nothing here. Indexes of fields of one's own are made again.
        await Do(_connection, "UPDATE event_log SET id = gen_random_uuid()", stop);
        if (tables.ContainsKey("custom_field")) await Do(_connection, "UPDATE custom_field SET indexed_at = NULL", stop);
        if (tables.ContainsKey("audit"))
            await Backups.Note(_connection, "restore", JsonSerializer.Serialize(new { header.TakenAt }, BackupFile.Json), _clock.GetUtcNow(), stop);
        if (list is not null) await ErasureLists.Apply(_connection, list, _clock.GetUtcNow(), stop);
        await transaction.CommitAsync(stop);
        return trailer.Rows;
    }

    private async Task<BackupTrailer> Tables(Dictionary<string, KeptTable> tables, CancellationToken stop)
    {
        while (true)
        {
            var (kind, content) = await _parts.Next(stop);
            if (kind == BackupFile.Trailer) return PartReader.Read<BackupTrailer>(content);
            var beginning = kind == BackupFile.Table ? PartReader.Read<TableBeginning>(content) : throw new BackupException("A table of the backup has no beginning.");
            if (!tables.TryGetValue(beginning.Name, out var table) || beginning.Columns.Except(table.Columns).Any())
                throw new BackupException($"The table {beginning.Name} of the backup is not one of its version.");
            await Table(table with { Columns = beginning.Columns }, stop);
        }
    }

    private async Task Table(KeptTable table, CancellationToken stop)
    {
        await using var data = new DataPartsIn(_parts);
        await using (var unpacked = new BrotliStream(data, CompressionMode.Decompress, leaveOpen: true))
        {
            (long Bytes, string Sha256) hashed;
            await using (var copy = await _connection.BeginRawBinaryCopyAsync(
                $"COPY {TableCatalog.Quoted(table.Name)} ({table.List}) FROM STDIN (FORMAT binary)", stop))
                hashed = await Hashing.Copy(unpacked, copy, stop);

            // What is behind the compressed bytes is the table's end.
            if (await data.ReadAsync(new byte[1], stop) > 0 || data.End is not { } end || (end.Bytes, end.Sha256) != hashed || end.Rows != await TableCatalog.Count(_connection, table.Name, stop))
                throw new BackupException($"The table {table.Name} did not come back as it was. Nothing was restored.");
        }
    }

    private async Task Month(string month, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("SELECT make_history_months(to_timestamp($1, 'YYYY_MM')::timestamp AT TIME ZONE 'UTC', 1)", _connection)
        {
            Parameters = { new() { Value = month } },
        };
        await command.ExecuteNonQueryAsync(stop);
    }

    private async Task Set(SequenceValue sequence, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("SELECT setval(quote_ident($1)::regclass, $2, $3)", _connection)
        {
            Parameters = { new() { Value = sequence.Name }, new() { Value = sequence.Value }, new() { Value = sequence.IsCalled } },
        };
        await command.ExecuteNonQueryAsync(stop);
    }

    private static async Task Do(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(stop);
    }
}
